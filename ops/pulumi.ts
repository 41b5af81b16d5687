import { spawn } from "node:child_process";
import { UserError } from "../config/userError";

/** What a finished `pulumi` said. */
export interface PulumiResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi` on this terminal and gives its exit code. */
export async function runPulumi(args: readonly string[]): Promise<number> {
  // Ctrl-C reaches the child by itself; it cancels the update in an orderly way, and we must still be there then.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn("pulumi", args, { stdio: "inherit" });
      child.on("error", (error: NodeJS.ErrnoException) => reject(cannotStart(error)));
      child.on("close", (code) => resolve(code ?? 1));
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}

/** Runs `pulumi` and gives what it said, whether it succeeded or not. */
export function askPulumi(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<PulumiResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", [...args, "--non-interactive"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...variables },
    });
    let stdout = "";
    let stderr = "";
    // A character may lie over the border of two chunks.
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.on("error", (error: NodeJS.ErrnoException) => reject(cannotStart(error)));
    child.on("close", (code) => resolve({ exitCode: code ?? 1, stdout, stderr }));
  });
}

function cannotStart(error: NodeJS.ErrnoException): UserError {
  return new UserError(
    error.code === "ENOENT"
      ? "There is no `pulumi` on PATH; `npm run doctor` says what is missing, and every `npm run` command gets it."
      : `pulumi could not be started: ${error.message}`,
  );
}
