import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Group, MemberProcess } from "./processes";
import { waitFor } from "./waitFor";

/** One command, sent again and again. */
export type Job = readonly [command: string, ...args: (string | number)[]];

/**
 * Every command that waits at a server, by its name as `COMMAND` lists it, so that it waits for ever; all on keys of
 * their own.
 */
export const BLOCKING: Readonly<Record<string, Job>> = {
  blpop: ["BLPOP", "none:blpop", 0],
  brpop: ["BRPOP", "none:brpop", 0],
  blmove: ["BLMOVE", "none:blmove", "none:moved", "LEFT", "RIGHT", 0],
  blmpop: ["BLMPOP", 0, 1, "none:blmpop", "LEFT"],
  brpoplpush: ["BRPOPLPUSH", "none:brpoplpush", "none:moved", 0],
  bzpopmin: ["BZPOPMIN", "none:bzpopmin", 0],
  bzpopmax: ["BZPOPMAX", "none:bzpopmax", 0],
  bzmpop: ["BZMPOP", 0, 1, "none:bzmpop", "MIN"],
  xread: ["XREAD", "BLOCK", 0, "STREAMS", "none:stream", "$"],
  xreadgroup: ["XREADGROUP", "GROUP", "workers", "one", "BLOCK", 0, "STREAMS", "none:stream", ">"],
  wait: ["WAIT", 99, 0],
  waitaof: ["WAITAOF", 0, 99, 0],
};

/** Those of {@link BLOCKING} that this server has. */
async function blockingJobs(server: Redis): Promise<readonly Job[]> {
  const names = (await server.call("COMMAND", "LIST", "FILTERBY", "ACLCAT", "blocking")) as string[];
  return names.map((name) => {
    const job = BLOCKING[name];
    if (job === undefined) {
      throw new Error(`the server can keep a client waiting at ${name}, which no test does; add it to BLOCKING`);
    }
    return job;
  });
}

/**
 * An application that is as plain as can be: it asks where the master is, connects, and believes it. It reconnects at
 * once when its connection is lost, and remembers each error that a server told it.
 */
export class Worker implements AsyncDisposable {
  /** What servers answered instead of doing it. */
  readonly errors: string[] = [];
  /** How often the connection was lost. */
  lost = 0;
  /** How often it was done. */
  done = 0;
  private client: Redis | undefined;
  private running = true;
  private readonly loop: Promise<void>;

  /**
   * @param find gives the master's address.
   * @param everyMs time between two commands.
   */
  constructor(
    private readonly group: Group,
    readonly job: Job,
    private readonly find: () => Promise<string | undefined>,
    everyMs = 0,
  ) {
    this.loop = this.work(everyMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running = false;
    this.client?.disconnect();
    await this.loop;
  }

  private async work(everyMs: number): Promise<void> {
    while (this.running) {
      const address = await this.find();
      if (address !== undefined) {
        this.client = this.connect(address);
        await this.workAt(this.client, everyMs);
        this.client.disconnect();
      }
      await sleep(2);
    }
  }

  private connect(address: string): Redis {
    const [host, port] = address.split(":");
    const client = new Redis({
      host,
      port: Number(port),
      username: "app",
      password: this.group.passwordOf("app"),
      connectTimeout: 1000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    return client.on("error", () => undefined);
  }

  private async workAt(client: Redis, everyMs: number): Promise<void> {
    const [command, ...args] = this.job;
    try {
      while (this.running) {
        await client.call(command, ...args);
        this.done += 1;
        await sleep(everyMs);
      }
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") {
        this.errors.push(error.message);
        await sleep(20);
      } else if (this.running) {
        this.lost += 1;
      }
    }
  }
}

/** Asks one Sentinel after the other, as clients do. */
export function sentinelsOf(group: Group): () => Promise<string | undefined> {
  return async () => {
    for (const sentinel of group.sentinels.filter(({ isRunning }) => isRunning)) {
      const named = await sentinel.namedMaster().catch(() => undefined);
      if (named !== undefined) {
        return named;
      }
    }
    return undefined;
  };
}

/** Does something with a connection to a member. */
async function asking<T>(member: MemberProcess, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = member.client();
  return ask(client).finally(() => client.disconnect());
}

/** Waits until so many clients wait at a server. */
export const awaitBlocked = (member: MemberProcess, count: number) =>
  waitFor(
    `${count} clients to wait at ${member.name}`,
    () =>
      asking(member, async (client) => {
        const blocked = /^blocked_clients:(\d+)/m.exec(await client.info("clients"))?.[1];
        return Number(blocked) >= count;
      }),
    { timeoutMs: 20_000 },
  );

/** Workers of all kinds: waiting ones, busy ones, and so many that write seldom that any moment is some one's. */
export class Workers implements AsyncDisposable {
  private constructor(
    private readonly waiting: readonly Worker[],
    private readonly writers: readonly Worker[],
  ) {}

  /** @param find gives the master's address. */
  static async start(group: Group, master: MemberProcess, find: () => Promise<string | undefined>): Promise<Workers> {
    const jobs = await asking(master, async (client) => {
      await client.call("XGROUP", "CREATE", "none:stream", "workers", "$", "MKSTREAM");
      return blockingJobs(client);
    });
    const writers = [0, 1].map((index) => new Worker(group, ["INCR", `count:busy:${index}`], find));
    for (let index = 0; index < 30; index += 1) {
      writers.push(new Worker(group, ["INCR", `count:seldom:${index}`], find, 300));
      await sleep(10);
    }
    const workers = new Workers(
      jobs.map((job) => new Worker(group, job, find)),
      writers,
    );
    await workers.awaitAtWork(master);
    return workers;
  }

  get all(): readonly Worker[] {
    return [...this.waiting, ...this.writers];
  }

  /** What servers answered instead of doing what they were asked. */
  get errors(): readonly string[] {
    return this.all.flatMap(({ errors }) => errors);
  }

  /** Waits until all that should wait do so, at this master, and each writer has written there. */
  async awaitAtWork(master: MemberProcess): Promise<void> {
    await awaitBlocked(master, this.waiting.length);
    const before = this.writers.map(({ done }) => done);
    await waitFor(
      `${this.writers.length} clients to write`,
      () => this.writers.every(({ done }, index) => done > before[index]!),
      { timeoutMs: 20_000 },
    );
  }

  /** Acknowledged writes that this node does not have, each counter in words. */
  async lostAt(node: MemberProcess): Promise<readonly string[]> {
    const done = this.writers.map((worker) => worker.done);
    const counts = await asking(node, (client) => client.mget(this.writers.map(({ job: [, key] }) => String(key))));
    return this.writers.flatMap(({ job }, index) =>
      Number(counts[index]) >= done[index]! ? [] : [`${job.join(" ")}: ${counts[index]} of ${done[index]}`],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((worker) => worker[Symbol.asyncDispose]()));
  }
}
