import Table from "cli-table3";

/** Something that is not as it should be. */
export interface Finding {
  /** Name of the node or Sentinel, `client outside` or `client inside`, or the deployment's name. */
  readonly subject: string;
  /** What should have been seen. */
  readonly expected: string;
  /** What was seen; reads on from the subject ("sees 1 of 2 replicas"). */
  readonly seen: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** One line of the table: one check of one subject. */
export interface CheckRow {
  readonly subject: string;
  readonly check: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Result of all checks of one deployment. It passed when it has no findings. Holds no secret. */
export interface VerifyReport {
  readonly deployment: string;
  /** Name of the master of the moment; absent when there is none that all agree on. */
  readonly master?: string;
  readonly rows: readonly CheckRow[];
  readonly findings: readonly Finding[];
  /** What will be wrong if nobody does anything. */
  readonly warnings: readonly string[];
  /** Milliseconds until the group had converged, or until the checks gave up waiting. */
  readonly waitedMs: number;
}

/** A deployment did not pass its checks. The message says for each finding what was seen, expected, and what to do. */
export class VerifyError extends Error {
  constructor(readonly report: VerifyReport) {
    super(findingsText(report));
    this.name = "VerifyError";
  }
}

/** Columns that the widest column, the details, may take before it wraps. */
const DETAIL_WIDTH = 76;

/** The report for people: a table of all checks, then the findings or one line that says that there are none. */
export function renderReport(report: VerifyReport): string {
  const detailWidth = Math.min(DETAIL_WIDTH, Math.max(8, ...report.rows.map(({ detail }) => detail.length + 2)));
  const table = new Table({
    head: ["member", "check", "", "seen"],
    // No colours: the table also goes to log files.
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, null, detailWidth],
    wordWrap: true,
  });
  for (const rows of bySubject(report.rows)) {
    rows.forEach(({ subject, check, passed, detail }, index) => {
      table.push([index === 0 ? subject : "", check, passed ? "ok" : "FAILED", detail]);
    });
  }
  const verdict = report.findings.length === 0 ? passedText(report) : findingsText(report);
  return [table.toString(), verdict, ...report.warnings.map((warning) => `warning: ${warning}`)].join("\n");
}

/** What was looked at first and what was tried later, together for each member. */
function bySubject(rows: readonly CheckRow[]): Iterable<readonly CheckRow[]> {
  const groups = new Map<string, CheckRow[]>();
  for (const row of rows) {
    groups.set(row.subject, [...(groups.get(row.subject) ?? []), row]);
  }
  return groups.values();
}

function passedText({ deployment, master, rows, waitedMs }: VerifyReport): string {
  const waited = waitedMs < 100 ? "" : ` after ${(waitedMs / 1000).toFixed(1)} s of waiting`;
  return `${deployment}: all ${rows.length} checks passed${waited}; the master is ${master}.`;
}

function findingsText({ deployment, findings }: VerifyReport): string {
  const blocks = findings.map(
    ({ subject, seen, expected, remedy }) =>
      `  ${subject} ${seen}.\n    expected: ${expected}\n    to do:    ${remedy}`,
  );
  const count = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  return [`${deployment} did not pass its checks, ${count}:`, ...blocks].join("\n");
}
