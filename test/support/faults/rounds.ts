/**
 * How often a fault is repeated: `full` with `npm run test:faults`, `few` as a part of all tests, where the whole suite
 * must stay within minutes. `FAULT_ROUNDS` (`few` or a number) decides; `test/run.mjs` sets it.
 */
export function rounds(full: number, few: number): number {
  const wanted = process.env.FAULT_ROUNDS ?? "";
  if (wanted === "few") {
    return few;
  }
  return /^[1-9]\d*$/.test(wanted) ? Math.min(full, Number(wanted)) : full;
}
