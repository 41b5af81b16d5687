import { execFileSync } from "node:child_process";
import { requireProgram } from "./processes";

/** The shells that the nodes' scripts run in, as program and arguments. */
export const SHELLS = [["dash"], ["busybox", "sh"]] as const;

export type Shell = readonly string[];

/** Runs a script that comes on stdin, within 20 s, and gives what it printed. */
export function runInShell([program, ...args]: Shell, script: string): string {
  requireProgram(program!);
  return execFileSync(program!, [...args, "-s"], { input: script, encoding: "utf8", maxBuffer: 1e8, timeout: 20_000 });
}
