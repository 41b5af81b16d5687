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

/** Items by what they have in common. Pure. */
export function grouped<T, K>(items: readonly T[], keyOf: (item: T, at: number) => K): readonly (readonly [K, T[]])[] {
  const groups = new Map<K, T[]>();
  items.forEach((item, at) => {
    const key = keyOf(item, at);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  });
  return [...groups];
}

/** Fetches each item while the one before is worked on. */
export async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  for (;;) {
    const { done, value } = (await next) as IteratorResult<T, undefined>;
    if (done) {
      return;
    }
    next = items.next();
    // It is met in the next turn, if there is one.
    next.catch(() => undefined);
    yield value;
  }
}
