import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait, and how often to look. */
export interface Patience {
  readonly forMs: number;
  readonly everyMs: number;
}

/**
 * Looks again and again until there is a result.
 *
 * @param look gives undefined while there is nothing yet.
 * @returns the first result, or undefined when the time is over.
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined>,
  { forMs, everyMs }: Patience,
): Promise<T | undefined> {
  const end = performance.now() + forMs;
  for (;;) {
    const result = await look();
    if (result !== undefined || performance.now() >= end) {
      return result;
    }
    await sleep(everyMs);
  }
}
