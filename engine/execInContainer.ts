import { reasonOf } from "../config/reason";
import { streamingClient } from "./engineClient";
import { contentsOf, LineSplitter } from "./output";

/** How a command in a container ended; `output` is what it printed, both streams. */
export interface Executed {
  readonly output: string;
  readonly exitCode: number | null;
}

const NOT_RUNNING = /is not running|is paused|is restarting|No such container/i;

/** Whether an engine refused something because the container does not run, or is none; the checks say so, and what to do. */
export const isNotRunning = (error: unknown): boolean => NOT_RUNNING.test(reasonOf(error));

/**
 * Runs a command in a running container, as `docker exec` does.
 *
 * @param abortSignal ends the wait; the command itself goes on.
 * @param onLine gets each line as soon as it is printed.
 */
export async function execInContainer(
  endpoint: string,
  container: string,
  command: readonly string[],
  abortSignal: AbortSignal,
  onLine: (line: string) => void = () => undefined,
): Promise<Executed> {
  const engine = await streamingClient(endpoint);
  const exec = await engine.getContainer(container).exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal,
  });
  const stream = await exec.start({ hijack: false, stdin: false, abortSignal });
  const lines = new LineSplitter(onLine);
  const output: Buffer[] = [];
  for await (const part of contentsOf(stream)) {
    output.push(part);
    lines.add(part);
  }
  const { ExitCode: exitCode } = await exec.inspect({ abortSignal });
  return { output: Buffer.concat(output).toString(), exitCode };
}
