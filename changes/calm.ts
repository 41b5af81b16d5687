import pRetry from "p-retry";
import { openObserver } from "../checks/observe";
import { failure } from "../config/failure";
import { reasonOf } from "../config/reason";
import type { Contract } from "../outputs/contract";
import { obstacles } from "../checks/gate";

const EVERY_MS = 250;

/**
 * Waits until the members of the plan can be counted on without anybody else.
 *
 * @param patienceMs for how long, in milliseconds.
 * @throws a sentence with what stands against it, when the time is over.
 */
export async function awaitCalm(contract: Contract, patienceMs: number): Promise<void> {
  const observer = openObserver(contract);
  const look = async (): Promise<void> => {
    const against = obstacles(contract, await observer.look(), new Set());
    if (against.length > 0) {
      throw new Error(against.map(({ subject, seen }) => `${subject} ${seen}`).join("; "));
    }
  };
  const pace = { retries: Math.ceil(patienceMs / EVERY_MS), factor: 1, minTimeout: EVERY_MS, maxRetryTime: patienceMs };
  try {
    await pRetry(look, pace);
  } catch (error) {
    throw failure(
      `members are to leave, and those that stay could not be counted on within ${patienceMs / 1000} s (${reasonOf(error)}); nothing was stopped. See: npm run status; put it right, then run \`npm run up\` again.`,
    );
  } finally {
    observer.close();
  }
}
