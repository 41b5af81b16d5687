import type { Finding } from "./report";

type Seen = Pick<Finding, "subject" | "seen">;

/** Milliseconds after which a line is due although nothing changed. */
const LINE_EVERY_MS = 5000;

/**
 * Tells what is being waited for: whenever that changes, and at least every 5 s.
 *
 * @returns a function to be called after every look, with the milliseconds waited so far.
 */
export function progressTo(tell: (line: string) => void): (findings: readonly Seen[], waitedMs: number) => void {
  let lastSubject = "";
  let lastMs = 0;
  return (findings, waitedMs) => {
    const text = waitingFor(findings);
    // Figures that change at every look (bytes, seconds, per cent) are no change of what is waited for.
    const subject = text.replace(/\d+(?= (?:(?:bytes|s|MiB)\b|%))/g, "#");
    if (subject === lastSubject && waitedMs - lastMs < LINE_EVERY_MS) {
      return;
    }
    lastSubject = subject;
    lastMs = waitedMs;
    tell(`waiting ${Math.floor(waitedMs / 1000)} s: ${text}`);
  };
}

function waitingFor([first, ...others]: readonly Seen[]): string {
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return first === undefined ? "nothing" : `${first.subject} ${first.seen}${more}`;
}
