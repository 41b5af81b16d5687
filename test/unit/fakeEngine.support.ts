import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A request as it reached the engine. */
export interface EngineRequest {
  readonly method: string;
  /** With its query, as it was sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the engine answers. */
export interface EngineAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is bytes already. */
  readonly body?: unknown;
}

/** Something that speaks as a Docker engine does, as far as a test wants it to. */
export class FakeEngine {
  readonly requests: EngineRequest[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-on-docker-engine-"));
  private readonly socket = join(this.folder, "engine.sock");
  /** As in the setting `hosts`. */
  readonly endpoint = `unix://${this.socket}`;
  private readonly server: Server;

  /** @param answer undefined leaves a request without one, as a frozen engine does. */
  constructor(public answer: (request: EngineRequest) => EngineAnswer | undefined = () => ({ status: 500 })) {
    this.server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const { method = "", url = "", headers } = incoming;
        const request = { method, url, headers, body: Buffer.concat(chunks) };
        this.requests.push(request);
        const answer = this.answer(request);
        if (answer !== undefined) {
          const { status, headers: ofAnswer, body } = answer;
          outgoing.writeHead(status, ofAnswer);
          outgoing.end(Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body));
        }
      });
    });
    // An engine keeps idle connections for long; whoever is done must not need it to close them.
    this.server.keepAliveTimeout = 60_000;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.socket, resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  /** `METHOD /path?query` of all requests so far, decoded. */
  get calls(): readonly string[] {
    return this.requests.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`);
  }
}

/** The output of a command, as an engine sends it. */
export function outputFrames(text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
