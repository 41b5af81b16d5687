import { setTimeout as sleep } from "node:timers/promises";
import { couldTakeOver } from "../../changes/restart";
import { listOf } from "../../checks/replies";
import type { Contract, ContractMember } from "../../outputs/contract";
import { withSentinel } from "./faults/connect";

const EVERY_MS = 100;

/**
 * Asks Sentinels all the time whether they could carry out another failover. Right after one, none of them can for about
 * a second, since they look at all replicas anew; so counting begins when all of them can.
 */
export class ReadySentinels {
  /** Fewest of them that could, at the same moment; undefined before counting began. */
  fewest: number | undefined;
  /** What the others said at that moment. */
  obstacles: readonly string[] = [];
  private readonly ended = new AbortController();
  private readonly loop: Promise<void>;

  /**
   * @param names those to ask; they stay for as long as this watches.
   * @param isOver whether the failover is over that is to come first.
   */
  constructor(
    private readonly contract: Contract,
    private readonly names: readonly string[],
    private readonly isOver: () => Promise<boolean>,
  ) {
    this.loop = this.watch();
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.loop;
  }

  private async watch(): Promise<void> {
    const sentinels = this.contract.sentinels.filter(({ name }) => this.names.includes(name));
    while (!this.ended.signal.aborted) {
      const found = await Promise.all(sentinels.map((sentinel) => this.obstacleOf(sentinel)));
      const obstacles = found.filter((obstacle) => obstacle !== undefined);
      const ready = sentinels.length - obstacles.length;
      // Who does not answer in time on a busy machine has said neither.
      if (obstacles.every((obstacle) => !/timed out|ETIMEDOUT/i.test(obstacle))) {
        await this.count(ready, sentinels.length, obstacles);
      }
      await sleep(EVERY_MS);
    }
  }

  private async count(ready: number, all: number, obstacles: readonly string[]): Promise<void> {
    const begun = this.fewest !== undefined || (ready === all && (await this.isOver()));
    if (begun && ready < (this.fewest ?? Infinity)) {
      this.fewest = ready;
      this.obstacles = obstacles;
    }
  }

  /** Why a Sentinel could not carry out a failover; undefined if it could. */
  private async obstacleOf(sentinel: ContractMember): Promise<string | undefined> {
    const { masterName } = this.contract;
    try {
      return await withSentinel(this.contract, sentinel, async (client) => {
        await client.call("SENTINEL", "CKQUORUM", masterName);
        const replicas = listOf(await client.call("SENTINEL", "REPLICAS", masterName));
        const seen = replicas.map((replica) =>
          [replica.name, replica.flags, replica["master-link-status"], replica["slave-priority"]].join(" "),
        );
        return replicas.some(couldTakeOver) ? undefined : `${sentinel.name}: no good replica (${seen.join("; ")})`;
      });
    } catch (error) {
      return `${sentinel.name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
