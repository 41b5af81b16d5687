import { median } from "./statistics";

/** What a row should show. */
export type Goal =
  | { readonly of: "ratio"; readonly below: number }
  | { readonly of: "ratio"; readonly atLeast: number }
  | { readonly of: "ours"; readonly below: number };

/** One line of the result: two things measured side by side. */
export interface Row {
  /** What was measured. */
  readonly what: string;
  readonly unit: "s" | "req/s";
  /** This project's values, one a round. */
  readonly ours: readonly number[];
  /** The other thing's name, and its values in the same rounds. */
  readonly other: string;
  readonly others: readonly number[];
  /** Absent where the row is there for comparison only. */
  readonly goal?: Goal;
}

/** Ours by the other, round by round, and of these the median: what slows a whole round down cancels out. */
export function ratioOf({ ours, others }: Row): number {
  return median(ours.map((value, round) => value / others[round]!));
}

/** Whether the goal is met; undefined without one. */
export function isMet(row: Row): boolean | undefined {
  if (row.goal === undefined) {
    return undefined;
  }
  const value = row.goal.of === "ratio" ? ratioOf(row) : median(row.ours);
  return "below" in row.goal ? value < row.goal.below : value >= row.goal.atLeast;
}
