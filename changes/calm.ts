import { setTimeout as sleep } from "node:timers/promises";
import { openObserver } from "../checks/observe";
import { Patience } from "../checks/patience";
import { failure } from "../config/failure";
import type { Contract } from "../outputs/contract";
import { obstacles } from "../checks/gate";

const EVERY_MS = 250;

/**
 * Waits until the members of the plan can be counted on without anybody else.
 *
 * @param patienceMs how long nothing may come further, in milliseconds.
 * @throws a sentence with what stands against it, when the time is over.
 */
export async function awaitCalm(contract: Contract, patienceMs: number): Promise<void> {
  const observer = openObserver(contract);
  const patience = new Patience(contract, patienceMs);
  const started = performance.now();
  try {
    for (;;) {
      const view = await observer.look();
      const against = obstacles(contract, view, new Set());
      if (against.length === 0) {
        return;
      }
      const waitedMs = performance.now() - started;
      if (!patience.lasts(view, waitedMs, EVERY_MS)) {
        const seen = against.map((obstacle) => `${obstacle.subject} ${obstacle.seen}`).join("; ");
        throw failure(
          `members are to leave, and those that stay could not be counted on within ${patience.describe(waitedMs)} (${seen}); nothing was stopped. See: npm run status; put it right, then run \`npm run up\` again.`,
        );
      }
      await sleep(EVERY_MS);
    }
  } finally {
    observer.close();
  }
}
