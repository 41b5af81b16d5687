import type { Say } from "../handover/steps";

/** Tells the person at the terminal; what a command prints for others to read goes to stdout instead. */
export const say: Say = (line) => void process.stderr.write(`${line}\n`);

/** Says each step behind the time since the first one: `  0.41 s  redis-master follows redis-replica-1`. */
export function timedSteps(tell: Say): Say {
  const since = performance.now();
  return (line) => tell(`${((performance.now() - since) / 1000).toFixed(2).padStart(6)} s  ${line}`);
}

/** The signal of a first Ctrl-C; a hand-over heeds it where it still can, and is never killed in the middle. */
export function stopSignal(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return { signal: controller.signal, dispose: () => void process.off("SIGINT", stop).off("SIGTERM", stop) };
}
