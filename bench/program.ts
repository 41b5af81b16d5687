import { spawn } from "node:child_process";

/** Nothing that a benchmark runs takes longer when all is well. */
const TIMEOUT_MS = 120_000;

/** How a program is run. */
export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its good end and gives what it wrote on stdout. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, cwd, signal }: ProgramOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, signal, env: { ...process.env, ...env }, timeout: TIMEOUT_MS });
    let stdout = "";
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end();
    child.on("error", (error) => reject(signal?.aborted ? (signal.reason as Error) : error));
    child.on("close", (code, killedBy) => {
      if (code === 0) {
        resolve(stdout);
      } else {
        reject(new Error(`${program} ${args[0] ?? ""} ended with ${killedBy ?? `exit code ${code}`}:\n${output}`));
      }
    });
  });
}

/** Seconds that something takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
