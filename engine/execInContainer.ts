import type { Duplex } from "node:stream";
import { engineClient } from "./engineClient";

/** How a command in a container ended; `output` is what it printed, both streams. */
export interface Executed {
  readonly output: string;
  readonly exitCode: number | null;
}

/** Runs a command in a running container, as `docker exec` does. */
export async function execInContainer(
  endpoint: string,
  container: string,
  command: readonly string[],
  abortSignal?: AbortSignal,
): Promise<Executed> {
  const engine = await engineClient(endpoint);
  const exec = await engine.getContainer(container).exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    abortSignal,
  });
  const stream = await exec.start({ hijack: false, stdin: false, abortSignal });
  const output = demultiplexed(await bytesOf(stream));
  const { ExitCode: exitCode } = await exec.inspect({ abortSignal });
  return { output, exitCode };
}

async function bytesOf(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk as Uint8Array));
  }
  return Buffer.concat(chunks);
}

/** Docker sends both outputs in one stream of frames: one byte for which, three zeros, four for the length, the text. */
export function demultiplexed(frames: Buffer): string {
  const texts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const length = frames.readUInt32BE(at + 4);
    texts.push(frames.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(texts).toString();
}
