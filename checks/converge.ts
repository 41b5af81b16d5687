import { setTimeout as sleep } from "node:timers/promises";
import type { Contract } from "../outputs/contract";
import { judge, type Judgement } from "./judge";
import { openObserver } from "./observe";
import type { Finding } from "./report";
import type { GroupView } from "./view";

/** Milliseconds between the end of one look and the next. */
const POLL_MS = 200;

/** The last look at a group, and what it amounts to. */
export interface Outcome {
  readonly view: GroupView;
  readonly judgement: Judgement;
  readonly waitedMs: number;
}

/**
 * Looks at a group until nothing is left to find, or the time is over. There is always at least one look.
 *
 * @param timeoutMs after which no further look begins.
 * @param onLook called after every look that found something.
 */
export async function converge(
  contract: Contract,
  timeoutMs: number,
  onLook: (findings: readonly Finding[], waitedMs: number) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  const observer = openObserver(contract);
  const started = performance.now();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const view = await observer.look();
      const judgement = judge(contract, view);
      const waitedMs = performance.now() - started;
      if (judgement.findings.length === 0 || waitedMs + POLL_MS > timeoutMs) {
        return { view, judgement, waitedMs };
      }
      onLook(judgement.findings, waitedMs);
      // Woken by the signal, the loop itself ends with the signal's reason.
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    observer.close();
  }
}
