import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderTable } from "../ops/table";
import type { Machine } from "./machine";
import { isMet, ratioOf, type Goal, type Row } from "./row";
import { median, rounded, spread } from "./statistics";
import type { TimeSink } from "./noop/breakdown";

/** What a whole run found. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** Where a `pulumi up` without changes spends its time; empty if that was not measured. */
  readonly noop: readonly TimeSink[];
}

const folder = join(__dirname, "..", "reports");

/** Writes `reports/bench.json` and gives its path. */
export function writeJson(results: Results): string {
  const file = join(folder, "bench.json");
  const rows = results.rows.map((row) => ({
    ...row,
    median: { ours: median(row.ours), other: median(row.others) },
    ratio: ratioOf(row),
    met: isMet(row),
  }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...results, rows }, undefined, 2)}\n`);
  return file;
}

/** The result as a terminal shows it. */
export function renderResults({ machine, rounds, rows, noop }: Results): string {
  const head = `${rounds} rounds, medians (min–max); ${machine.cpus} CPUs, load ${machine.loadBefore} before and ${machine.loadAfter} after`;
  const table = renderTable(
    [
      { heading: "WHAT" },
      { heading: "OURS", numeric: true },
      { heading: "THE OTHER", numeric: true },
      { heading: "" },
      { heading: "RATIO", numeric: true },
      { heading: "GOAL" },
      { heading: "MET" },
    ],
    rows.map((row) => [
      row.what,
      spread(row.ours, row.unit),
      spread(row.others, row.unit),
      row.other,
      ratioOf(row).toFixed(2),
      goalText(row.goal, row.unit),
      metText(isMet(row)),
    ]),
  );
  return [head, "", table, ...(noop.length === 0 ? [] : ["", renderSinks(noop)])].join("\n");
}

function renderSinks(sinks: readonly TimeSink[]): string {
  const table = renderTable(
    [{ heading: "WHERE A NO-OP `pulumi up` SPENDS ITS TIME" }, { heading: "S", numeric: true }],
    sinks.map(({ what, seconds, within }) => [`${within ? "  of it: " : ""}${what}`, rounded(seconds)]),
  );
  return table;
}

function goalText(goal: Goal | undefined, unit: string): string {
  if (goal === undefined) {
    return "";
  }
  if (goal.of === "ours") {
    return `ours < ${goal.below} ${unit}`;
  }
  return "below" in goal ? `ratio < ${goal.below}` : `ratio ≥ ${goal.atLeast}`;
}

const metText = (met: boolean | undefined): string => (met === undefined ? "" : met ? "yes" : "NO");
