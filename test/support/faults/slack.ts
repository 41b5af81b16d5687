import { availableParallelism, loadavg } from "node:os";

/** On a machine with nothing else to do, figures may be twice what is promised. */
const IDLE = 2;

/**
 * A bound on time for assertions. What the project promises holds on a machine of its own; tests share theirs, so a bound
 * is a multiple: twice as much, and more where more programs want to run than there are processors. `FAULT_SLACK` sets
 * another factor, such as 1 where nothing else runs.
 */
export function atMost(ms: number): number {
  const given = Number(process.env.FAULT_SLACK ?? "");
  return ms * (given > 0 ? given : Math.max(IDLE, loadavg()[0]! / availableParallelism()));
}
