import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Connection } from "../../../outputs/contract";
import { waitFor } from "../waitFor";
import { applicationClient } from "./connect";

/** One write that was acknowledged. */
export interface Acknowledged {
  readonly key: string;
  /** Milliseconds, on the clock of `performance.now()`. */
  readonly at: number;
}

/** Writes that may wait for an answer at the same time: four seconds' worth. */
const MOST_PENDING = 2000;
/** Time between two plain writes: 500 a second. */
const PLAIN_EVERY_MS = 2;
/** Time between two confirmed writes; each waits for the one before. */
const CONFIRMED_EVERY_MS = 10;

/**
 * An application under load: two clients that write a monotonic sequence of keys and remember what was acknowledged.
 *
 * The first writes about 500 keys a second without waiting. The second asks `WAIT 1` after each write and remembers
 * only what a replica had confirmed.
 */
export class Load {
  readonly plain: Acknowledged[] = [];
  readonly confirmed: Acknowledged[] = [];
  /** Commands that were answered with an error, by its first word. */
  readonly failed = new Map<string, number>();
  private readonly client: Redis;
  private readonly careful: Redis;
  private readonly loops: Promise<unknown>;
  private readonly ended = new AbortController();
  private pending = 0;
  /** Raised with each lost connection of the second client. */
  private connection = 0;

  /** @param prefix what all its keys start with, so that no other load's keys are taken for its own. */
  constructor(
    connection: Connection,
    private readonly prefix: string,
  ) {
    this.client = applicationClient(connection);
    // WAIT counts what its own connection wrote: sent again on another one it would be answered at once, for nothing.
    this.careful = applicationClient(connection, { autoResendUnfulfilledCommands: false });
    this.careful.on("close", () => (this.connection += 1));
    this.loops = Promise.all([this.writePlain(), this.writeConfirmed()]);
  }

  /** Waits until there are this many more acknowledged writes of either kind. */
  async more(plain: number, confirmed: number, timeoutMs = 60_000): Promise<void> {
    const [wantedPlain, wantedConfirmed] = [this.plain.length + plain, this.confirmed.length + confirmed];
    await waitFor(
      `${plain} more acknowledged writes and ${confirmed} more confirmed ones`,
      () => {
        if (this.plain.length >= wantedPlain && this.confirmed.length >= wantedConfirmed) {
          return true;
        }
        const [missing, unconfirmed] = [wantedPlain - this.plain.length, wantedConfirmed - this.confirmed.length];
        throw new Error(
          `${missing} missing (client ${this.client.status}, ${this.pending} pending), ${unconfirmed} unconfirmed (client ${this.careful.status})`,
        );
      },
      { timeoutMs },
    );
  }

  /** Ends the writing, once what is under way was answered (or 5 s later). */
  async stop(): Promise<void> {
    this.ended.abort();
    await waitFor("the last answers", () => this.pending === 0, { timeoutMs: 5000 }).catch(() => undefined);
    this.client.disconnect();
    this.careful.disconnect();
    await this.loops;
  }

  private async writePlain(): Promise<void> {
    const began = performance.now();
    for (let index = 0; !this.ended.signal.aborted; index += 1) {
      if (this.pending < MOST_PENDING) {
        this.pending += 1;
        const key = `${this.prefix}:plain:${index}`;
        void this.client
          .set(key, index)
          .then(() => this.plain.push({ key, at: performance.now() }))
          .catch((error: unknown) => this.noteFailure(error))
          .finally(() => (this.pending -= 1));
      }
      // By the clock: a busy machine must not make fewer writes of it.
      await sleep(Math.max(0, began + (index + 1) * PLAIN_EVERY_MS - performance.now()));
    }
  }

  private async writeConfirmed(): Promise<void> {
    for (let index = 0; !this.ended.signal.aborted; index += 1) {
      const key = `${this.prefix}:confirmed:${index}`;
      if (await this.isConfirmed(key, index)) {
        this.confirmed.push({ key, at: performance.now() });
      }
      await sleep(CONFIRMED_EVERY_MS);
    }
  }

  private async isConfirmed(key: string, value: number): Promise<boolean> {
    if (this.careful.status !== "ready") {
      return false;
    }
    const connection = this.connection;
    const closed = new AbortController();
    const giveUp = (): void => closed.abort();
    this.careful.once("close", giveUp);
    try {
      const lost = new Promise<undefined>((resolve) =>
        AbortSignal.any([closed.signal, this.ended.signal]).addEventListener("abort", () => resolve(undefined)),
      );
      const answers = await Promise.race([
        this.careful
          .pipeline()
          .set(key, value)
          .wait(1, 1000)
          .exec()
          .catch(() => undefined),
        lost,
      ]);
      const [written, replicas] = answers ?? [];
      return this.connection === connection && written?.[1] === "OK" && Number(replicas?.[1]) >= 1;
    } finally {
      this.careful.off("close", giveUp);
    }
  }

  private noteFailure(error: unknown): void {
    if (!this.ended.signal.aborted) {
      const kind = (error instanceof Error ? error.message : String(error)).split(" ")[0]!;
      this.failed.set(kind, (this.failed.get(kind) ?? 0) + 1);
    }
  }
}
