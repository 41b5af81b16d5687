import { availableParallelism, loadavg, release } from "node:os";

/** Where the figures come from, and whether something else was running meanwhile. */
export interface Machine {
  readonly cpus: number;
  readonly kernel: string;
  readonly node: string;
  readonly loadBefore: string;
  readonly loadAfter: string;
}

/** Starts watching; the returned function ends it. */
export function watchMachine(): () => Machine {
  const loadBefore = load();
  return () => ({
    cpus: availableParallelism(),
    kernel: release(),
    node: process.version,
    loadBefore,
    loadAfter: load(),
  });
}

/** Runnable processes in the last minute, on average. */
const load = (): string => loadavg()[0]!.toFixed(1);
