import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { requireProgram } from "./processes";

/** What the module in `module/tally.c` brings. */
export const TALLY = { name: "tally", type: "rod-tally", category: "@json", directive: "tally.limit" };

/**
 * Compiles the small module of the tests (tried: 0.1 s) into a folder, as an image has it: executable.
 *
 * @returns the folder.
 */
export function buildTally(folder: string): string {
  requireProgram("gcc");
  mkdirSync(folder, { recursive: true });
  const source = join(__dirname, "module", "tally.c");
  // It includes nothing and links nothing: what it calls, the server has.
  const words = ["-shared", "-fPIC", "-nostdlib", "-O1", "-o", join(folder, "tally.so"), source];
  // One that the tool chain unpacked finds its assembler and linker by the PATH.
  const unpacked = join(__dirname, "..", "..", ".toolchain", "debs", "compiler", "usr", "bin");
  execFileSync("gcc", words, { env: { ...process.env, PATH: `${process.env.PATH}:${unpacked}` } });
  return folder;
}
