import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Contract } from "../../outputs/contract";
import { waitFor } from "../support/waitFor";

/** Large enough that a stalled replica's backlog takes several reads. */
export const LARGE = "written ".repeat(1024);
const BATCH = 1000;

/** An application that writes all the time, and remembers what was acknowledged. */
export class Writer {
  /** Keys whose write was acknowledged. */
  readonly acknowledged: string[] = [];
  /** What a command was told instead of an acknowledgement; those that were sent again after reconnecting are not here. */
  readonly failures: string[] = [];
  /** Longest time between two acknowledged writes, in milliseconds. */
  longestGapMs = 0;
  private readonly client: Redis;
  private readonly pending = new Set<Promise<unknown>>();
  private lastAckAt = performance.now();
  private running = true;
  private readonly loop: Promise<void>;

  /**
   * @param contract whose `connection` the client is built from, as an application does.
   * @param value what is written; a large one keeps the replicas busy.
   * @param everyMs time between two writes; one does not wait for the one before.
   */
  constructor(
    contract: Contract,
    private readonly value = LARGE,
    everyMs = 2,
  ) {
    this.client = new Redis({
      ...contract.connection,
      sentinelRetryStrategy: () => 20,
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
    });
    this.client.on("error", () => undefined);
    this.loop = this.write(everyMs);
  }

  /** Waits until there are this many more acknowledged writes. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    await waitFor(`${count} more acknowledged writes`, () => this.acknowledged.length >= wanted, { timeoutMs: 20_000 });
  }

  /** Starts to look for the longest gap anew, and gives the one until now. */
  nextGap(): number {
    const gap = this.longestGapMs;
    this.longestGapMs = 0;
    return gap;
  }

  /** Ends the writing; what is under way gets its answer or is dropped. */
  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
    await Promise.race([Promise.allSettled(this.pending), sleep(2000, undefined, { ref: false })]);
    this.client.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Acknowledged writes that this server does not have. */
  async lostOn(server: Redis): Promise<readonly string[]> {
    const lost: string[] = [];
    for (let at = 0; at < this.acknowledged.length; at += BATCH) {
      const keys = this.acknowledged.slice(at, at + BATCH);
      const values = await server.mget(keys);
      lost.push(...keys.filter((_, index) => values[index] !== this.value));
    }
    return lost;
  }

  private async write(everyMs: number): Promise<void> {
    const began = performance.now();
    for (let index = 0; this.running; index += 1) {
      const key = `write-${index}`;
      const sent = this.client.set(key, this.value).then(
        () => this.note(key),
        (error: unknown) => this.running && this.failures.push(String(error)),
      );
      this.pending.add(sent);
      void sent.finally(() => this.pending.delete(sent));
      // By the clock and not by sleeping: a busy machine must not make fewer writes of it.
      await sleep(Math.max(0, began + (index + 1) * everyMs - performance.now()));
    }
  }

  private note(key: string): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, this.acknowledged.length === 0 ? 0 : now - this.lastAckAt);
    this.lastAckAt = now;
    this.acknowledged.push(key);
  }
}
