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
