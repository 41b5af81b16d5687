/** The same things in a random order. */
export function shuffled<T>(things: readonly T[]): readonly T[] {
  return things
    .map((thing) => ({ thing, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ thing }) => thing);
}
