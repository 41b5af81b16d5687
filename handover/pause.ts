import type { Endpoint } from "../config/plan";
import type { Member } from "./group";

/**
 * Longest time that writes stay paused when this program dies in the middle: the server ends the pause by itself.
 * Longer than any wait between two renewals, or writes would go on, and be lost, while the roles are switched.
 */
const PAUSE_MS = 15_000;
/** Where more of it than this went by since the last renewal (this machine stood still), the pause may have run out. */
const HOLDS_PART = 1 / 3;

/** The writes of a master, held back; clients wait, and none sees an error. */
export class WritePause {
  private endedAt?: number;
  private renewedAt = 0;

  private constructor(
    private readonly master: Pick<Member, "redis">,
    private readonly forMs: number,
    private readonly since: number,
  ) {}

  /**
   * Holds writes back; those already acknowledged are on their way to the replicas.
   *
   * @param forMs after which the server would end it by itself.
   */
  static async begin(master: Pick<Member, "redis">, forMs = PAUSE_MS): Promise<WritePause> {
    const pause = new WritePause(master, forMs, performance.now());
    await pause.renew();
    return pause;
  }

  /** Starts the time anew after which the server would end the pause by itself. */
  async renew(): Promise<void> {
    // By the clock that goes on while a machine sleeps.
    this.renewedAt = Date.now();
    await this.master.redis.call("CLIENT", "PAUSE", this.forMs, "WRITE");
  }

  /** Whether no write can have been taken since the last renewal. */
  get holds(): boolean {
    return Date.now() - this.renewedAt < this.forMs * HOLDS_PART;
  }

  /** Milliseconds for which writes were held back, so far or in all. */
  get ms(): number {
    return Math.round((this.endedAt ?? performance.now()) - this.since);
  }

  /** Nothing was switched: the held writes go on where they are. */
  async end(): Promise<void> {
    await this.master.redis.call("CLIENT", "UNPAUSE");
    this.endedAt = performance.now();
  }

  /**
   * The old master becomes a replica of the new one. Its clients are dropped before the pause ends, so that they look
   * for the new master and write there; the held writes, never acknowledged, would only be told READONLY here.
   */
  async endAsReplicaOf(master: Endpoint): Promise<void> {
    await becomeReplica(this.master, master);
    this.endedAt = performance.now();
  }
}

/**
 * Makes a node a replica and lets go what was held back, in one step. Its clients' connections are closed first: those
 * that wait (BLPOP, XREAD BLOCK, ...) would be told the error UNBLOCKED, at which many a worker ends.
 */
export async function becomeReplica({ redis }: Pick<Member, "redis">, master: Endpoint): Promise<void> {
  const results = await redis
    .multi()
    .call("CLIENT", "KILL", "TYPE", "normal")
    .call("CLIENT", "KILL", "TYPE", "pubsub")
    .call("REPLICAOF", master.host, master.port)
    .call("CLIENT", "UNPAUSE")
    .exec();
  const failed = results?.find(([error]) => error !== null)?.[0];
  if (failed) {
    throw failed;
  }
}
