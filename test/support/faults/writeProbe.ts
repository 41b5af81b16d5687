import type { Redis } from "ioredis";
import type { Access } from "../../../outputs/access";
import type { ContractMember } from "../../../outputs/contract";
import { memberClient } from "./connect";

const EVERY_MS = 50;

/** Tries to write on one node every 50 ms, whatever it is, and remembers what came of it. */
export class WriteProbe {
  /** When a write was accepted; milliseconds on the clock of `performance.now()`. */
  readonly accepted: number[] = [];
  /** Writes that were refused, by the first word of the error; a node that is down counts as nothing. */
  readonly refused = new Map<string, number>();
  private readonly client: Redis;
  private readonly timer: NodeJS.Timeout;
  private tries = 0;

  constructor(node: ContractMember, access: Access, key: string) {
    this.client = memberClient(node, access, { retryStrategy: () => EVERY_MS, enableOfflineQueue: false });
    this.timer = setInterval(() => void this.write(`${key}:${(this.tries += 1)}`), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.client.disconnect();
  }

  private async write(key: string): Promise<void> {
    if (this.client.status !== "ready") {
      return;
    }
    try {
      await this.client.set(key, "must be refused");
      this.accepted.push(performance.now());
    } catch (error) {
      const kind = (error instanceof Error ? error.message : String(error)).split(" ")[0]!;
      this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
    }
  }
}
