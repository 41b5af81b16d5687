import { setTimeout as sleep } from "node:timers/promises";
import { couldTakeOver } from "../../changes/forget";
import { listOf } from "../../checks/replies";
import type { Contract, ContractMember } from "../../outputs/contract";
import { withMember } from "./faults/connect";

const EVERY_MS = 100;

/** Asks Sentinels all the time whether they could carry out a failover. */
export class ReadySentinels {
  /** Fewest of them that could, at the same moment. */
  fewest: number;
  private readonly ended = new AbortController();
  private readonly loop: Promise<void>;

  /** @param names those to ask; they stay for as long as this watches. */
  constructor(
    private readonly contract: Contract,
    private readonly names: readonly string[],
  ) {
    this.fewest = names.length;
    this.loop = this.watch();
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.loop;
  }

  private async watch(): Promise<void> {
    const sentinels = this.contract.sentinels.filter(({ name }) => this.names.includes(name));
    while (!this.ended.signal.aborted) {
      const ready = await Promise.all(sentinels.map((sentinel) => this.isReady(sentinel)));
      this.fewest = Math.min(this.fewest, ready.filter(Boolean).length);
      await sleep(EVERY_MS);
    }
  }

  private async isReady(sentinel: ContractMember): Promise<boolean> {
    const { masterName, connection, password } = this.contract;
    return withMember(sentinel, connection.sentinelPassword ?? password, async (client) => {
      await client.call("SENTINEL", "CKQUORUM", masterName);
      return listOf(await client.call("SENTINEL", "REPLICAS", masterName)).some(couldTakeOver);
    }).catch(() => false);
  }
}
