import { setTimeout as sleep } from "node:timers/promises";
import { couldTakeOver } from "../../changes/forget";
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
      const ready = (await Promise.all(sentinels.map((sentinel) => this.isReady(sentinel)))).filter(Boolean).length;
      if (this.fewest !== undefined || (ready === sentinels.length && (await this.isOver()))) {
        this.fewest = Math.min(this.fewest ?? ready, ready);
      }
      await sleep(EVERY_MS);
    }
  }

  private async isReady(sentinel: ContractMember): Promise<boolean> {
    const { masterName } = this.contract;
    return withSentinel(this.contract, sentinel, async (client) => {
      await client.call("SENTINEL", "CKQUORUM", masterName);
      return listOf(await client.call("SENTINEL", "REPLICAS", masterName)).some(couldTakeOver);
    }).catch(() => false);
  }
}
