import type { Acknowledged } from "./load";
import type { Observation } from "./roles";

/** Longest time between two neighbours, in milliseconds; 0 for fewer than two. */
export function longestGap(acknowledged: readonly Pick<Acknowledged, "at">[]): number {
  return acknowledged.reduce(
    (longest, { at }, index) => Math.max(longest, index === 0 ? 0 : at - acknowledged[index - 1]!.at),
    0,
  );
}

/** The nodes that became master, in order, each once per turn: a master that comes back as itself is no change. */
export function reigns(observations: readonly Observation[]): readonly string[] {
  const masters = observations.filter(({ role }) => role === "master").map(({ node }) => node);
  return masters.filter((node, index) => index === 0 || masters[index - 1] !== node);
}

/** The middle value; the mean of the two middle ones if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** `1.42 s`, or `median 1.42 s, at most 1.60 s` of several. */
export function spreadOfSeconds(milliseconds: readonly number[]): string {
  const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
  return milliseconds.length === 1
    ? seconds(milliseconds[0]!)
    : `median ${seconds(median(milliseconds))}, at most ${seconds(Math.max(...milliseconds))}`;
}
