import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { goRedis, lettuce, type ExampleClient } from "../support/exampleClients";
import { contractOf } from "../support/groupCommands";
import { libraries, python } from "../support/libraries";
import { Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";
import { Silence } from "./silence.support";

/**
 * How long the clients of examples/ do not get through, as they stand there, when the master's container ends. The
 * servers' own time is measured beside them: what a client adds to that is up to its options.
 */

/** For how long the examples would write, were they not ended before. */
const WRITING_S = 600;

/** What a client may add to the servers' own time, in milliseconds; libraries' own bounds add 5 s, 10 s or more. */
const ADDED_MS = 3000;

const examples = join(__dirname, "..", "..", "examples");
const withSeconds = (...words: readonly string[]): ExampleClient["args"] => {
  return (seconds) => [...words, ...(seconds === undefined ? [] : [String(seconds)])];
};
const inNode = (name: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): ExampleClient => ({
  name,
  command: process.execPath,
  args: withSeconds(...words),
  folder: join(examples, ".."),
  env: { ...process.env, ...env },
});

/** An example that writes, and what it says of its pauses. */
class Writing {
  output = "";
  private readonly pauses: number[] = [];
  private readonly child: ChildProcess;

  constructor(
    readonly example: ExampleClient,
    connection: string,
  ) {
    const { command, args, folder, env } = example;
    this.child = spawn(command, args(WRITING_S), { cwd: folder, env, detached: true });
    createInterface(this.child.stdout!).on("line", (line) => {
      this.output += `${line}\n`;
      const pause = /pause of (\d+) ms$/.exec(line)?.[1];
      if (pause !== undefined) {
        this.pauses.push(Number(pause));
      }
    });
    this.child.stderr!.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stdin!.end(connection);
  }

  /** Whether it writes, or says why it does not. */
  get hasStarted(): boolean {
    return this.output.includes("hello ") || this.ended;
  }

  get ended(): boolean {
    return this.child.exitCode !== null;
  }

  /** Forgets the pauses until now. */
  begin(): void {
    this.pauses.length = 0;
  }

  /** Absent as long as it has not written again. */
  get longestPauseMs(): number | undefined {
    return this.pauses.length === 0 ? undefined : Math.max(...this.pauses);
  }

  kill(): void {
    try {
      process.kill(-this.child.pid!, "SIGKILL");
    } catch {
      // It is gone.
    }
  }
}

/** Looks all the time for a node that takes writes; what is longest without one, in milliseconds. */
function watchServers(group: Group): { readonly stop: () => Promise<number> } {
  const clients: readonly Redis[] = group.nodes.map((node) =>
    node.client({ retryStrategy: () => 20, connectTimeout: 200, commandTimeout: 200, enableOfflineQueue: false }),
  );
  let [running, last, longest] = [true, performance.now(), 0];
  const done = (async () => {
    while (running) {
      const answers = await Promise.allSettled(clients.map((client) => client.set("servers", "1")));
      if (answers.some(({ status }) => status === "fulfilled")) {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
      await sleep(10);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await done;
      clients.forEach((client) => client.disconnect());
      return Math.round(longest);
    },
  };
}

describe("the clients of the examples", function () {
  this.timeout(290_000);

  const silence = new Silence();
  let group: Group;
  let clients: ExampleClient[] = [];
  let writing: Writing[] = [];

  before(async function () {
    clients = [
      inNode("ioredis", ["--import", "tsx", join(examples, "ioredis", "main.ts")]),
      inNode("node-redis", [join(examples, "node-redis", "main.mjs")], {
        NODE_REDIS: join(libraries(), "package.json"),
      }),
      {
        name: "redis-py",
        command: python(),
        args: withSeconds(join(examples, "redis-py", "main.py")),
        folder: examples,
        env: process.env,
      },
      goRedis(this),
      await lettuce(this),
    ];
    group = await Group.create({ settings: { downAfterMs: 1000 } });
    await group.up();
    const connection = JSON.stringify(contractOf(group).connection);
    writing = clients.map((client) => new Writing(client, connection));
    await waitFor("all examples to write", () => writing.every(({ hasStarted }) => hasStarted), {
      timeoutMs: 150_000,
    }).catch(() => undefined);
    const idle = writing.filter(({ hasStarted, ended }) => ended || !hasStarted);
    assert.deepEqual(
      idle.map(({ example, output }) => `${example.name} does not write:\n${output}`),
      [],
    );
  });
  after(async () => {
    writing.forEach((client) => client.kill());
    await silence.endAll();
    await group.destroy();
  });

  /** The longest pause of each client, and of the servers, while the master ends in some way. */
  const measure = async (what: string, end: (master: MemberProcess) => Promise<unknown>): Promise<void> => {
    const master = await group.settled();
    const servers = watchServers(group);
    writing.forEach((client) => client.begin());
    await silence.after(master, () => end(master));
    // Another pause, of the machine's own, may come before the one that is looked for; the longest counts.
    await waitFor("a master", async () => (await group.sentinels[0]!.namedMaster()) !== master.address, {
      timeoutMs: 30_000,
    });
    await waitFor("all examples to write again", () => writing.every((client) => client.longestPauseMs !== undefined), {
      timeoutMs: 30_000,
    }).catch(() => undefined);
    await sleep(1000);
    const serversMs = await servers.stop();
    const pauses = writing.map((client) => client.longestPauseMs ?? Infinity);
    const table = pauses.map((pause, index) => `${clients[index]!.name} ${pause} ms`);
    console.log(`      ${what}: servers ${serversMs} ms, ${table.join(", ")}`);
    await silence.start(master);
    await group.named(await group.settled(30_000));
    const slow = table.filter((_, index) => pauses[index]! > serversMs + ADDED_MS);
    assert.deepEqual(slow, [], `the servers took writes again after ${serversMs} ms`);
  };

  it("get through soon after the master's container was stopped", () => measure("stop", (master) => master.stop()));

  it("get through soon after the master's container was killed", () => measure("kill", (master) => master.kill()));
});
