/**
 * A bound on time for assertions. The figures that the project promises hold on a machine with nothing else to do; the
 * tests allow twice as much (`FAULT_SLACK` decides), so that they fail for a reason and not for a busy machine.
 */
export const atMost = (ms: number): number => ms * Number(process.env.FAULT_SLACK ?? 2);
