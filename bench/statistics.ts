/** The middle value; the mean of the two middle ones if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** `median (min–max)`, as far as there is more than one value. */
export function spread(values: readonly number[], unit: string): string {
  const middle = `${rounded(median(values))} ${unit}`;
  return values.length === 1 ? middle : `${middle} (${rounded(Math.min(...values))}–${rounded(Math.max(...values))})`;
}

/** Three figures say all that a measurement on a shared machine can. */
export function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
