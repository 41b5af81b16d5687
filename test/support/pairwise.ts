/**
 * Chooses few combinations of several dimensions' values, such that every two values of different dimensions that can
 * come together do so in at least one of them.
 *
 * Greedy: each next combination is that of all allowed ones with the most pairs that are still missing.
 *
 * @param allowed tells which combinations there are; the others are never chosen.
 */
export function pairwise<T extends Readonly<Record<string, unknown>>>(
  dimensions: { readonly [K in keyof T]: readonly T[K][] },
  allowed: (row: T) => boolean = () => true,
): readonly T[] {
  const rows = combinations(dimensions).filter(allowed);
  const missing = new Set(rows.flatMap(pairsOf));
  const chosen: T[] = [];
  while (missing.size > 0) {
    const gains = rows.map((row) => pairsOf(row).filter((pair) => missing.has(pair)).length);
    const best = rows[gains.indexOf(Math.max(...gains))]!;
    chosen.push(best);
    pairsOf(best).forEach((pair) => missing.delete(pair));
  }
  return chosen;
}

/** All combinations of the values of several dimensions. */
export function combinations<T extends Readonly<Record<string, unknown>>>(dimensions: {
  readonly [K in keyof T]: readonly T[K][];
}): readonly T[] {
  return Object.entries<readonly unknown[]>(dimensions).reduce<readonly Readonly<Record<string, unknown>>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  ) as readonly T[];
}

/** Every two values of a combination, as texts that are the same in others. */
export function pairsOf(row: Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries(row).map((entry) => JSON.stringify(entry));
  return entries.flatMap((one, at) => entries.slice(at + 1).map((other) => `${one} ${other}`));
}
