import { StringDecoder } from "node:string_decoder";

/** Of a frame: one byte for which output it is, three zeros, four for the length. */
const HEADER_BYTES = 8;
const LENGTH_AT = 4;

/** What an engine sends of a container without a terminal: whole, or piece by piece. */
export type Frames = AsyncIterable<string | Uint8Array> | readonly Uint8Array[];

/**
 * What is in the frames in which an engine sends both outputs of a container, as soon as it comes; of a frame that is
 * cut off, what there is.
 *
 * The client library's `demuxStream` calls itself for each frame of a chunk: some thousands of small ones end the
 * program.
 */
export async function* contentsOf(frames: Frames): AsyncGenerator<Buffer, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of frames) {
    let bytes = Buffer.from(chunk as Uint8Array);
    const contents: Buffer[] = [];
    while (bytes.length > 0) {
      const length = left > 0 ? left : HEADER_BYTES - header.length;
      const next = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      if (left > 0) {
        contents.push(next);
        left -= next.length;
        continue;
      }
      header = Buffer.concat([header, next]);
      if (header.length === HEADER_BYTES) {
        left = header.readUInt32BE(LENGTH_AT);
        header = Buffer.alloc(0);
      }
    }
    yield Buffer.concat(contents);
  }
}

/** All of it as text. */
export async function textOf(frames: Frames): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of contentsOf(frames)) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Hands on each line of a text that comes in pieces, as soon as it is complete. */
export class LineSplitter {
  private readonly decoder = new StringDecoder();
  private begun = "";

  constructor(private readonly onLine: (line: string) => void) {}

  add(piece: Buffer): void {
    const lines = this.decoder.write(piece).split("\n");
    lines[0] = this.begun + lines[0]!;
    this.begun = lines.pop()!;
    lines.forEach((line) => this.onLine(line));
  }

  /** Hands on what stands behind the last line's end, if anything does. */
  end(): void {
    const last = this.begun + this.decoder.end();
    this.begun = "";
    if (last !== "") {
      this.onLine(last);
    }
  }
}
