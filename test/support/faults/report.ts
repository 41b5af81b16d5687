import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { renderTable } from "../../../ops/table";
import { spreadOfSeconds } from "./figures";
import type { OwnFigure } from "./fault";
import type { RoundRecord } from "./round";
import { drawTimeline } from "./timeline";

const folder = join(__dirname, "..", "..", "..", "reports", "faults");

/** Figures of one fault, as they lie in `reports/faults/ID.json`; durations in milliseconds. */
const summarySchema = z.object({
  id: z.string(),
  title: z.string(),
  rounds: z.int(),
  gapsMs: z.array(z.number()),
  acknowledged: z.int(),
  lost: z.int(),
  confirmed: z.int(),
  lostConfirmed: z.int(),
  failed: z.record(z.string(), z.int()),
  handOvers: z.array(z.int()),
  figures: z.array(z.object({ name: z.string(), text: z.string() })),
  at: z.string(),
});
type Summary = z.output<typeof summarySchema>;

interface Told {
  readonly id: string;
  readonly title: string;
  readonly records: readonly RoundRecord[];
  readonly figures: readonly OwnFigure[];
}

/** Writes a fault's figures, its timeline and the table of all faults; returns the figures as lines to print. */
export function writeReport(told: Told): string {
  mkdirSync(folder, { recursive: true });
  const summary = summarise(told);
  writeFileSync(join(folder, `${told.id}.json`), `${JSON.stringify(summary, undefined, 2)}\n`);
  // The worst round is the one to look at.
  const worst = told.records.toSorted((a, b) => b.gapMs - a.gapMs)[0];
  if (worst !== undefined) {
    writeFileSync(join(folder, `${told.id}.svg`), drawTimeline(told.title, headline(summary), worst));
  }
  const all = readdirSync(folder)
    .filter((name) => /^\d.*\.json$/.test(name))
    .sort()
    .map((name) => summarySchema.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))));
  writeFileSync(join(folder, "summary.json"), `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(join(folder, "summary.txt"), `${table(all)}\n`);
  return [`  ${told.id}: ${headline(summary)}`, ...told.figures.map(({ name, text }) => `      ${name}: ${text}`)].join(
    "\n",
  );
}

function summarise({ id, title, records, figures }: Told): Summary {
  const sum = (count: (record: RoundRecord) => number): number =>
    records.reduce((total, record) => total + count(record), 0);
  const failed: Record<string, number> = {};
  for (const [kind, count] of records.flatMap((record) => Object.entries(record.failed))) {
    failed[kind] = (failed[kind] ?? 0) + count;
  }
  return {
    id,
    title,
    rounds: records.length,
    gapsMs: records.map(({ gapMs }) => Math.round(gapMs)),
    acknowledged: sum((record) => record.acknowledged.length),
    lost: sum((record) => record.lost.length),
    confirmed: sum((record) => record.confirmed.length),
    lostConfirmed: sum((record) => record.lostConfirmed.length),
    failed,
    handOvers: records.map(({ handOvers }) => handOvers),
    figures: [...figures],
    at: new Date().toISOString(),
  };
}

const counted = (count: number): string => count.toLocaleString("en");
const failures = ({ failed }: Summary): string =>
  Object.entries(failed)
    .map(([kind, count]) => `${counted(count)} ${kind}`)
    .join(", ") || "none";

function headline(summary: Summary): string {
  if (summary.rounds === 0) {
    return "no round was finished";
  }
  return [
    `${summary.rounds} round${summary.rounds === 1 ? "" : "s"}`,
    `longest gap ${spreadOfSeconds(summary.gapsMs)}`,
    `lost ${counted(summary.lost)} of ${counted(summary.acknowledged)} acknowledged writes, ${counted(summary.lostConfirmed)} of ${counted(summary.confirmed)} confirmed ones`,
    `failed commands: ${failures(summary)}`,
    `hand-overs ${[...new Set(summary.handOvers)].sort().join(" or ")}`,
  ].join("; ");
}

function table(all: readonly Summary[]): string {
  const columns = [
    { heading: "fault" },
    { heading: "rounds", numeric: true },
    { heading: "longest gap" },
    { heading: "lost", numeric: true },
    { heading: "of", numeric: true },
    { heading: "lost, confirmed", numeric: true },
    { heading: "of", numeric: true },
    { heading: "failed commands" },
    { heading: "more" },
  ];
  const rows = all.map((summary) => [
    summary.title,
    String(summary.rounds),
    summary.rounds === 0 ? "-" : spreadOfSeconds(summary.gapsMs),
    counted(summary.lost),
    counted(summary.acknowledged),
    counted(summary.lostConfirmed),
    counted(summary.confirmed),
    failures(summary),
    summary.figures.map(({ name, text }) => `${name}: ${text}`).join("\n"),
  ]);
  return renderTable(columns, rows);
}
