import { setTimeout as sleep } from "node:timers/promises";
import { Redis, type RedisOptions } from "ioredis";

const WRITES_PER_SECOND = 500;

/** An application that finds its master through Sentinel and writes all the time, whether it is answered or not. */
export class SteadyWriter implements Disposable {
  /** Acknowledged writes. */
  acknowledged = 0;
  /** Longest time between two acknowledged writes. */
  longestGapMs = 0;
  private lastAckAt?: number;
  private running = true;
  private readonly client: Redis;

  /** @param connection with which an application reaches the group. */
  constructor(connection: RedisOptions) {
    this.client = new Redis({
      ...connection,
      connectTimeout: 500,
      // A client that looks seldom would measure its own patience.
      sentinelRetryStrategy: () => 20,
      retryStrategy: () => 20,
      // A write that was under way is sent again: it was not acknowledged.
      maxRetriesPerRequest: null,
    });
    this.client.on("error", () => undefined);
    void this.write();
  }

  [Symbol.dispose](): void {
    this.running = false;
    this.client.disconnect();
  }

  private async write(): Promise<void> {
    const began = performance.now();
    for (let index = 0; this.running; index += 1) {
      this.client.set(`write-${index}`, index).then(
        () => this.note(),
        () => undefined,
      );
      // By the clock and not by sleeping: a busy machine must not make fewer writes of it.
      await sleep(Math.max(0, began + ((index + 1) * 1000) / WRITES_PER_SECOND - performance.now()));
    }
  }

  private note(): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - (this.lastAckAt ?? now));
    this.lastAckAt = now;
    this.acknowledged += 1;
  }
}
