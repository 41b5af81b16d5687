import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import type { Endpoint } from "../../config/plan";
import { freePorts } from "./freePorts";
import { waitFor } from "./waitFor";

const HOST = "127.0.0.1";

/** Redis servers as compose files start them, with nothing around them and one password for all: bare processes. */
export class PlainServers implements AsyncDisposable {
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-plain-"));
  private readonly children: ChildProcess[] = [];
  private readonly clients: Redis[] = [];

  private constructor(
    readonly addresses: readonly Endpoint[],
    private readonly password: string,
    private readonly program: string,
  ) {}

  /**
   * A master, and replicas that are in sync with it.
   *
   * @param password an empty one: none is asked for.
   * @param options of the command line, for all of them.
   * @param program the server's command.
   */
  static async start({
    replicas = 0,
    password = "pass",
    options = [],
    program = "redis-server",
  }: {
    readonly replicas?: number;
    readonly password?: string;
    readonly options?: readonly string[];
    readonly program?: string;
  } = {}): Promise<PlainServers> {
    const first = await freePorts(1 + replicas);
    const addresses = Array.from({ length: 1 + replicas }, (_, index) => ({ host: HOST, port: first + index }));
    const servers = new PlainServers(addresses, password, program);
    try {
      addresses.forEach(({ port }, index) => {
        const follow = index === 0 ? [] : ["--replicaof", HOST, String(first)];
        servers.spawn(port, [...follow, ...options]);
      });
      await waitFor("the plain servers to answer, and to be in sync", async () => {
        const infos = await Promise.all(addresses.map((_, index) => servers.client(index).info("replication")));
        return infos.slice(1).every((info) => info.includes("master_link_status:up"));
      });
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
    return servers;
  }

  get master(): Redis {
    return this.client(0);
  }

  /** A connection to one of them, always the same one. */
  client(index: number): Redis {
    this.clients[index] ??= this.connect(index);
    return this.clients[index];
  }

  /** A connection of its own; the caller disconnects it. */
  connect(index = 0, options: RedisOptions = {}): Redis {
    const { password } = this;
    const client = new Redis({
      ...this.addresses[index]!,
      ...(password === "" ? {} : { password }),
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
      ...options,
    });
    return client.on("error", () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clients.forEach((client) => client.disconnect());
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode === null && child.signalCode === null) {
          child.kill("SIGKILL");
          await once(child, "exit");
        }
      }),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(port: number, options: readonly string[]): void {
    const { folder, password } = this;
    const secured = password === "" ? [] : ["--requirepass", password, "--masterauth", password];
    const files = ["--dir", folder, "--dbfilename", `${port}.rdb`, "--save", ""];
    const quick = ["--repl-diskless-sync-delay", "0"];
    const args = ["--bind", HOST, "--port", String(port), ...files, ...secured, ...quick, ...options];
    this.children.push(spawn(this.program, args, { stdio: "ignore" }));
  }
}
