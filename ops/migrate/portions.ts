/**
 * Divides a list into pieces of a limited weight; what is too heavy is a piece of its own. Pure.
 *
 * @param weights of each item.
 */
export function portions<T>(items: readonly T[], weights: readonly number[], limit: number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  let weight = 0;
  items.forEach((item, at) => {
    const own = weights[at] ?? 0;
    if (pieces.length === 0 || weight + own > limit) {
      pieces.push([]);
      weight = 0;
    }
    pieces.at(-1)!.push(item);
    weight += own;
  });
  return pieces;
}
