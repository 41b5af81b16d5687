import { setTimeout as sleep } from "node:timers/promises";
import type { Contract, ContractMember } from "../../../outputs/contract";
import { container } from "../engine";
import { withSentinel } from "./connect";

const EVERY_MS = 100;

/** Asks every Sentinel all the time how many others it knows, whatever happens to it. */
export class SentinelWatch {
  /** Sentinels that knew another number of others than they should, as sentences. */
  readonly wrong: string[] = [];
  /** Milliseconds from the start of a Sentinel's container until it knew all others and had its quorum, each once. */
  readonly completeAfterMs: number[] = [];
  private readonly ended = new AbortController();
  private readonly loops: Promise<unknown>;

  constructor(private readonly contract: Contract) {
    this.loops = Promise.all(contract.sentinels.map((sentinel) => this.follow(sentinel)));
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.loops;
  }

  private async follow(sentinel: ContractMember): Promise<void> {
    let complete = await startOf(sentinel.name);
    while (!this.ended.signal.aborted) {
      const started = await startOf(sentinel.name);
      const seen = await this.look(sentinel);
      if (seen !== undefined && seen.others !== this.contract.sentinels.length - 1) {
        this.wrong.push(`${sentinel.name} knew ${seen.others} other Sentinels`);
      }
      if (seen?.quorum && started !== undefined && started !== complete) {
        complete = started;
        this.completeAfterMs.push(Date.now() - Date.parse(started));
      }
      await sleep(EVERY_MS);
    }
  }

  /** Undefined while it does not answer. */
  private async look(sentinel: ContractMember): Promise<{ others: number; quorum: boolean } | undefined> {
    const { masterName } = this.contract;
    try {
      return await withSentinel(this.contract, sentinel, async (client) => {
        const others = (await client.call("SENTINEL", "SENTINELS", masterName)) as readonly unknown[];
        const quorum = await client.call("SENTINEL", "CKQUORUM", masterName).catch(() => "");
        return { others: others.length, quorum: String(quorum).startsWith("OK") };
      });
    } catch {
      return undefined;
    }
  }
}

/** When a container was started, in the engine's words; undefined when there is none that runs. */
async function startOf(name: string): Promise<string | undefined> {
  try {
    const { State } = await container(name).inspect();
    return State.Running ? State.StartedAt : undefined;
  } catch {
    return undefined;
  }
}
