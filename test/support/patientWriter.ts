import { setTimeout as sleep } from "node:timers/promises";
import { Redis, type RedisOptions } from "ioredis";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";

/** Milliseconds between an acknowledgement and the next write: about 200 writes a second. */
const PAUSE_MS = 5;
/** A write that is not answered in this time is tried again; whether it arrived is not counted. */
const ANSWER_MS = 1000;

/**
 * An application that writes one key after the other, and each again until it is acknowledged: under Sentinel through a
 * client built from the outputs, without it at whichever node takes writes.
 */
export class PatientWriter {
  readonly acknowledged: { readonly key: string; readonly at: number }[] = [];
  private readonly stopped = new AbortController();
  private readonly done: Promise<void>;
  private client: Redis;
  private turn = 0;

  constructor(
    private readonly contract: Contract,
    private readonly prefix: string,
  ) {
    this.client = this.connect();
    this.done = this.write();
  }

  /** Longest time between two acknowledgements, in milliseconds, also the one that still lasts. */
  get longestGapMs(): number {
    const times = [...this.acknowledged.map(({ at }) => at), performance.now()];
    return Math.round(Math.max(0, ...times.slice(1).map((at, index) => at - times[index]!)));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
    this.client.disconnect();
  }

  /** Acknowledged keys that a client does not find. */
  async missing(at: Redis): Promise<readonly string[]> {
    const keys = this.acknowledged.map(({ key }) => key);
    const values = keys.length === 0 ? [] : await at.mget(keys);
    return keys.filter((_, index) => values[index] === null);
  }

  private connect(): Redis {
    const { connection, nodes } = this.contract;
    const bounds: RedisOptions = { connectTimeout: ANSWER_MS, commandTimeout: ANSWER_MS, maxRetriesPerRequest: null };
    const { host, port } = nodes[this.turn % nodes.length]!;
    const client =
      connection.sentinels === undefined
        ? new Redis({ host, port, ...accessOf(this.contract, "app"), retryStrategy: null, ...bounds })
        : new Redis({ ...connection, sentinelRetryStrategy: () => 50, retryStrategy: () => 50, ...bounds });
    return client.on("error", () => undefined);
  }

  private async write(): Promise<void> {
    for (let index = 0; !this.stopped.signal.aborted;) {
      const key = `${this.prefix}:${index}`;
      try {
        await this.client.set(key, index);
        this.acknowledged.push({ key, at: performance.now() });
        index += 1;
      } catch {
        if (this.contract.connection.sentinels === undefined) {
          this.client.disconnect();
          this.turn += 1;
          this.client = this.connect();
        }
      }
      await sleep(PAUSE_MS);
    }
  }
}
