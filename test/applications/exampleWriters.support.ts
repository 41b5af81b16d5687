import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "mocha";
import { nodeClient } from "../../checks/connections";
import type { Contract } from "../../outputs/contract";
import { goRedis, lettuce, type ExampleClient } from "../support/exampleClients";
import { libraries, python } from "../support/libraries";
import { waitFor } from "../support/waitFor";

/** For how long the examples would write, were they not ended before. */
const WRITING_S = 600;

/** What a client may add to the servers' own time, in milliseconds; libraries' own bounds add 5 s, 10 s or more. */
const ADDED_MS = 4500;

const examples = join(__dirname, "..", "..", "examples");
const withSeconds = (...words: readonly string[]): ExampleClient["args"] => {
  return (seconds) => [...words, ...(seconds === undefined ? [] : [String(seconds)])];
};

/** The clients of examples/, as they stand there. */
export async function exampleClients(test: Context): Promise<readonly ExampleClient[]> {
  return [
    {
      name: "ioredis",
      command: process.execPath,
      args: withSeconds("--import", "tsx", join(examples, "ioredis", "main.ts")),
      folder: join(examples, ".."),
      env: process.env,
    },
    {
      name: "node-redis",
      command: process.execPath,
      args: withSeconds(join(examples, "node-redis", "main.mjs")),
      folder: examples,
      env: { ...process.env, NODE_REDIS: join(libraries(), "package.json") },
    },
    {
      name: "redis-py",
      command: python(),
      args: withSeconds(join(examples, "redis-py", "main.py")),
      folder: examples,
      env: process.env,
    },
    goRedis(test),
    await lettuce(test),
  ];
}

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

/** The clients of examples/ while they write. */
export class ExampleWriters implements AsyncDisposable {
  private constructor(
    private readonly contract: Contract,
    private readonly writing: readonly Writing[],
  ) {}

  static async start(clients: readonly ExampleClient[], contract: Contract): Promise<ExampleWriters> {
    const connection = JSON.stringify(contract.connection);
    const writers = new ExampleWriters(
      contract,
      clients.map((client) => new Writing(client, connection)),
    );
    await waitFor("all examples to write", () => writers.writing.every(({ hasStarted }) => hasStarted), {
      timeoutMs: 150_000,
    }).catch(() => undefined);
    const idle = writers.writing.filter(({ hasStarted, ended }) => ended || !hasStarted);
    if (idle.length > 0) {
      await writers[Symbol.asyncDispose]();
    }
    assert.deepEqual(
      idle.map(({ example, output }) => `${example.name} does not write:\n${output}`),
      [],
    );
    return writers;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.writing.forEach((client) => client.kill());
    return Promise.resolve();
  }

  /**
   * The longest pause of each client, and of the servers, while the master ends in some way.
   *
   * @throws AssertionError when a client adds more to the servers' own time than it may.
   */
  async measure(what: string, end: () => Promise<unknown>): Promise<void> {
    const servers = new ServersWatch(this.contract);
    this.writing.forEach((client) => client.begin());
    await end();
    await waitFor(
      "all examples to write again",
      () => this.writing.every((client) => client.longestPauseMs !== undefined),
      { timeoutMs: 30_000 },
    ).catch(() => undefined);
    // Another pause, of the machine's own, may come before the one that is looked for; the longest counts.
    await sleep(3000);
    const serversMs = await servers.stop();
    const pauses = this.writing.map((client) => client.longestPauseMs ?? Infinity);
    const table = pauses.map((pause, index) => `${this.writing[index]!.example.name} ${pause} ms`);
    console.log(`      ${what}: servers ${serversMs} ms, ${table.join(", ")}`);
    const slow = table.filter((_, index) => pauses[index]! > serversMs + ADDED_MS);
    assert.deepEqual(slow, [], `the servers took writes again after ${serversMs} ms`);
  }
}

/** Looks all the time for a node that takes writes. */
class ServersWatch {
  private running = true;
  private readonly loops: Promise<unknown>;
  /** When a write was taken, by the clock of this process. */
  private readonly taken: number[] = [];

  constructor(contract: Contract) {
    this.loops = Promise.all(contract.nodes.map((node) => this.ask(contract, node)));
  }

  /** @returns the longest time without a node that takes writes, in milliseconds. */
  async stop(): Promise<number> {
    this.running = false;
    await this.loops;
    return Math.round(Math.max(0, ...this.taken.slice(1).map((at, index) => at - this.taken[index]!)));
  }

  /** Each node by itself: one that holds writes back would keep the others from being asked. */
  private async ask(contract: Contract, node: Contract["nodes"][number]): Promise<void> {
    const client = nodeClient(contract, node, {
      retryStrategy: () => 20,
      connectTimeout: 200,
      commandTimeout: 5000,
      enableOfflineQueue: false,
    });
    while (this.running) {
      const answer = await client.set("servers", "1").catch(() => undefined);
      if (answer === "OK") {
        this.taken.push(performance.now());
      }
      await sleep(10);
    }
    client.disconnect();
  }
}
