import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls until `probe` gives something other than `undefined` or `false`, and returns that.
 *
 * @param what completes the sentence "waited ... for": it is all that a failed test's reader has.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 10_000, everyMs = 25 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const result = await probe();
      if (result !== undefined && result !== false) {
        return result;
      }
      last = "not yet";
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}; at last: ${last}`);
    }
    await sleep(everyMs);
  }
}

/**
 * Looks for all of a time whether something is so, and fails as soon as it is not: a single look at its end would miss
 * what was wrong in between.
 *
 * @param what completes the sentence "did not hold: ...".
 * @param check gives false, or fails, where it is not so.
 */
export async function holdsFor(
  what: string,
  ms: number,
  check: () => Promise<boolean> | boolean,
  { everyMs = 25 }: { readonly everyMs?: number } = {},
): Promise<void> {
  const began = Date.now();
  for (;;) {
    const isLast = Date.now() - began >= ms;
    const seen = await Promise.resolve()
      .then(check)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (seen !== true) {
      const after = `${Date.now() - began} of ${ms} ms`;
      throw new Error(`did not hold: ${what}; after ${after}${seen === false ? "" : `: ${seen}`}`);
    }
    if (isLast) {
      return;
    }
    await sleep(everyMs);
  }
}
