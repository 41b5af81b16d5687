import { reasonOf } from "../config/reason";

/** How long one removal may take before the next one's turn comes. */
const REMOVAL_TIMEOUT_MS = 300_000;

interface Removal {
  readonly what: string;
  readonly remove: () => Promise<unknown>;
}

/**
 * What has been made and must be removed again, whatever happens: last made, first removed, and one that cannot be
 * removed does not keep the others.
 */
export class Undo {
  private readonly removals: Removal[] = [];

  /** To be called before the thing is made: half a thing must go as well. */
  defer(what: string, remove: () => Promise<unknown>): void {
    this.removals.push({ what, remove });
  }

  /** Removes everything; gives a sentence for each thing that is still there. */
  async all(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (let last = this.removals.pop(); last !== undefined; last = this.removals.pop()) {
      try {
        await bounded(last.remove());
      } catch (error) {
        failed.push(`${last.what} could not be removed: ${reasonOf(error)}`);
      }
    }
    return failed;
  }
}

async function bounded(removal: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${REMOVAL_TIMEOUT_MS} ms`)), REMOVAL_TIMEOUT_MS);
  });
  try {
    await Promise.race([removal, late]);
  } finally {
    clearTimeout(timer);
  }
}
