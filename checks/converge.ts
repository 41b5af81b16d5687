import { setTimeout as sleep } from "node:timers/promises";
import type { Contract } from "../outputs/contract";
import { Hopeless } from "./hopeless";
import { judge, type Judgement } from "./judge";
import { openObserver } from "./observe";
import { Patience } from "./patience";
import type { Finding } from "./report";
import type { GroupView } from "./view";

/** Milliseconds between the end of one look and the next. */
const POLL_MS = 200;

/** The last look at a group, and what it amounts to. */
export interface Outcome {
  readonly view: GroupView;
  readonly judgement: Judgement;
  readonly waitedMs: number;
  /** How long that was, and since when nothing had come further: "60 s". */
  readonly waited: string;
}

/**
 * Looks at a group until nothing is left to find, or nothing has come further for a time, or an engine says that waiting
 * is of no use. There is always at least one look.
 *
 * @param timeoutMs how long nothing may come further; see `Patience`.
 * @param onLook called after every look that found something.
 */
export async function converge(
  contract: Contract,
  timeoutMs: number,
  onLook: (findings: readonly Finding[], waitedMs: number) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  const observer = openObserver(contract);
  const patience = new Patience(contract, timeoutMs);
  const hopeless = new Hopeless();
  const started = performance.now();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const view = await observer.look();
      const judgement = judge(contract, view);
      const waitedMs = performance.now() - started;
      const isOver =
        judgement.findings.length === 0 ||
        !patience.lasts(view, waitedMs, POLL_MS) ||
        (await hopeless.among(view, waitedMs)) !== undefined;
      if (isOver) {
        return { view, judgement, waitedMs, waited: patience.describe(waitedMs) };
      }
      onLook(judgement.findings, waitedMs);
      // Woken by the signal, the loop itself ends with the signal's reason.
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    observer.close();
  }
}
