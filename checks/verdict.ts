import type { CheckRow, Finding } from "./report";

/** One way in which what was seen differs from what should be. */
export interface Deviation {
  /** Reads on from the subject: "sees 1 of 2 replicas". */
  readonly seen: string;
  readonly remedy: string;
  /** Name of the member that it is really about, when that is not the subject: with it down, this is no news. */
  readonly about?: string;
}

/** Outcome of one check of one subject; it passed when nothing deviates. */
export interface Verdict {
  readonly subject: string;
  readonly check: string;
  readonly expected: string;
  /** What the table says when the check passed. */
  readonly detail: string;
  readonly deviations: readonly Deviation[];
}

/** The verdict as a line of the table. */
export function rowOf({ subject, check, detail, deviations }: Verdict): CheckRow {
  const passed = deviations.length === 0;
  return { subject, check, passed, detail: passed ? detail : deviations.map(({ seen }) => seen).join("; ") };
}

/**
 * What is to be done something about.
 *
 * @param down names of members that do not answer, which have a finding of their own: what others say about them only
 * repeats it.
 */
export function findingsOf(verdicts: readonly Verdict[], down: ReadonlySet<string> = new Set()): readonly Finding[] {
  return verdicts.flatMap(({ subject, expected, deviations }) => {
    const news = deviations.filter(({ about }) => about === undefined || !down.has(about));
    if (news.length === 0) {
      return [];
    }
    const remedies = [...new Set(news.map(({ remedy }) => remedy))];
    return [{ subject, expected, seen: news.map(({ seen }) => seen).join("; "), remedy: remedies.join("; ") }];
  });
}
