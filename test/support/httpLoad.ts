import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

/** Requests under way at the same time. */
const CLIENTS = 4;
/** Milliseconds between an answer and the same client's next request. */
const PAUSE_MS = 20;
/** Errors that are kept; where all requests fail there are thousands. */
const SHOWN = 10;
/** No request may take longer; the examples answer with 503 before. */
const ANSWER_MS = 30_000;

/** Who uses one of the example applications: each client stores an item, reads it back, and so on. */
export class HttpLoad {
  requests = 0;
  failures = 0;
  /** What went wrong first, other than an answer that took its time. */
  readonly errors: string[] = [];
  /** Reads that gave something else than what had been stored and acknowledged before. */
  stale = 0;
  longestMs = 0;
  private readonly stopped = new AbortController();
  private readonly clients: Promise<unknown>;

  constructor(
    private readonly url: string,
    private readonly prefix: string,
  ) {
    this.clients = Promise.all(Array.from({ length: CLIENTS }, (_, client) => this.use(`${prefix}-${client}`)));
  }

  /** Ends the load, and says in a line what came of it. */
  async stop(): Promise<string> {
    this.stopped.abort();
    await this.clients;
    const { prefix, requests, failures, stale, longestMs } = this;
    return `${prefix}: ${requests} requests, ${failures} errors, ${stale} stale, longest ${Math.round(longestMs)} ms`;
  }

  private async use(item: string): Promise<void> {
    for (let turn = 0; !this.stopped.signal.aborted; turn += 1) {
      const value = `${item}:${turn}`;
      const stored = await this.request("PUT", item, value);
      const answer = stored === undefined ? undefined : await this.request("GET", item);
      if (answer !== undefined && (JSON.parse(answer) as { value: string }).value !== value) {
        this.stale += 1;
      }
      await sleep(PAUSE_MS);
    }
  }

  private note(error: string): void {
    this.failures += 1;
    if (this.errors.length < SHOWN) {
      this.errors.push(error);
    }
  }

  private async request(method: "GET" | "PUT", item: string, body?: string): Promise<string | undefined> {
    const startedAt = performance.now();
    this.requests += 1;
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(`${this.url}/items/${item}`, { method, body, signal });
      const text = await response.text();
      if (response.ok) {
        return text;
      }
      this.note(`${method} ${item}: ${response.status} ${text.trim()}`);
    } catch (error) {
      this.note(`${method} ${item}: ${inspect(error)}`);
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - startedAt);
    }
    return undefined;
  }
}
