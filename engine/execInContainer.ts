import type { Duplex } from "node:stream";
import { reasonOf } from "../config/reason";
import { streamingClient } from "./engineClient";

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
  const output = demultiplexed(await bytesOf(stream, (soFar) => lines.see(demultiplexed(soFar))));
  const { ExitCode: exitCode } = await exec.inspect({ abortSignal });
  return { output, exitCode };
}

async function bytesOf(stream: Duplex, see: (soFar: Buffer) => void): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk as Uint8Array)]);
    see(bytes);
  }
  return bytes;
}

/** Hands on each complete line of a growing text once. */
export class LineSplitter {
  private seen = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  /** @param text all that there is so far. */
  see(text: string): void {
    for (let end = text.indexOf("\n", this.seen); end >= 0; end = text.indexOf("\n", this.seen)) {
      this.onLine(text.slice(this.seen, end));
      this.seen = end + 1;
    }
  }
}

/** Docker sends both outputs in one stream of frames: one byte for which, three zeros, four for the length, the text. */
export function demultiplexed(frames: Buffer): string {
  const texts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const length = frames.readUInt32BE(at + 4);
    if (at + 8 + length > frames.length) {
      break;
    }
    texts.push(frames.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(texts).toString();
}
