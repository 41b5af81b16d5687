import { readdirSync, readFileSync } from "node:fs";

/** Ids of all processes that a process started, and that these started; a child is its thread's that started it. */
export function descendants(pid: number): readonly number[] {
  const children = orElse(() => readdirSync(`/proc/${pid}/task`), []).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

export const commandLine = (pid: number): string => textOf(`/proc/${pid}/cmdline`);

/** SIGKILL to a process and to all that it started, also those in process groups of their own. */
export function killTree(pid: number): void {
  for (const each of [pid, ...descendants(pid)]) {
    orElse(() => process.kill(each, "SIGKILL"), false);
  }
}

const textOf = (file: string): string => orElse(() => readFileSync(file, "utf8"), "");

/** Processes end while one looks at them. */
function orElse<T>(value: () => T, otherwise: T): T {
  try {
    return value();
  } catch {
    return otherwise;
  }
}
