import type { Redis } from "ioredis";
import { reasonOf } from "../../config/reason";
import { UserError } from "../../config/userError";
import { CHANNEL, whyRefused } from "./refusal";
import type { Side } from "./side";

/**
 * The names of all keys that change at a server, from now on, as the server tells a client that caches (client-side
 * caching, broadcasting mode). It says no database: a name stands for the keys of that name in all of them.
 */
export class Changes {
  /** As latin1, in which every byte is a letter of its own. */
  private names = new Set<string>();
  private trouble?: string;
  private isClosed = false;

  private constructor(
    private readonly server: string,
    private readonly listener: Redis,
    private readonly tracker: Redis,
  ) {}

  /**
   * @param connect opens a connection, logged in.
   * @throws UserError that names the right that is missing there; no connection is left open then.
   */
  static async follow({ name, user }: Omit<Side, "redis">, connect: () => Promise<Redis>): Promise<Changes> {
    const listener = await connect();
    const tracker = await connect().catch((error: unknown) => {
      listener.disconnect();
      throw error;
    });
    const changes = new Changes(name, listener, tracker);
    listener.on("messageBuffer", (_: Buffer, names: readonly Buffer[] | null) => changes.note(names));
    for (const client of [listener, tracker]) {
      client.on("end", () => changes.lose("the connection on which it told of changes is gone"));
    }
    let command = "CLIENT";
    try {
      const id = await listener.client("ID");
      command = "SUBSCRIBE";
      await listener.subscribe(CHANNEL);
      command = "CLIENT";
      await tracker.call("CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST");
    } catch (error) {
      changes.close();
      const isRefused = error instanceof Error && error.name === "ReplyError";
      throw new UserError(
        isRefused
          ? whyRefused(name, user, command, error.message)
          : `${name} does not answer any more (${reasonOf(error)})`,
      );
    }
    return changes;
  }

  /** How many names have been noted since they were taken last. */
  get size(): number {
    return this.names.size;
  }

  /** Whether a key of this name has changed since. */
  has(name: Buffer): boolean {
    return this.names.has(name.toString("latin1"));
  }

  /** The names noted since the last time. Whatever changes from now on is noted anew. */
  take(): readonly Buffer[] {
    this.check();
    const taken = [...this.names].map((name) => Buffer.from(name, "latin1"));
    this.names = new Set();
    return taken;
  }

  /** Waits until every change that was acknowledged before has been noted: an answer comes behind them. */
  async settle(): Promise<void> {
    this.check();
    await this.listener.ping().catch((error: unknown) => this.lose(String(error)));
    this.check();
  }

  close(): void {
    this.isClosed = true;
    this.listener.disconnect();
    this.tracker.disconnect();
  }

  /** @throws UserError when a change may have been missed. */
  check(): void {
    if (this.trouble !== undefined) {
      throw new UserError(`${this.server}: ${this.trouble}, so a change may have been missed; start again`);
    }
  }

  private note(names: readonly Buffer[] | null): void {
    if (names === null) {
      this.lose("a database was emptied (FLUSHALL or FLUSHDB)");
      return;
    }
    names.forEach((name) => this.names.add(name.toString("latin1")));
  }

  private lose(trouble: string): void {
    if (!this.isClosed) {
      this.trouble ??= trouble;
    }
  }
}
