import { waitFor } from "../test/support/waitFor";
import { Undo } from "./undo";

/** What all benchmarks of one run share. */
export class Session {
  /** What everything that is made on the engine starts with; no other run's name does. */
  readonly prefix = `bench-${process.pid.toString(36)}`;
  readonly undo = new Undo();

  /**
   * @param rounds how often each thing is measured.
   * @param signal aborted by Ctrl-C: no further step begins, and nothing is waited for any longer.
   */
  constructor(
    readonly rounds: number,
    readonly signal: AbortSignal,
  ) {}

  /** One line of progress; apart from the figures, which go to stdout. */
  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Does something as often as there are rounds, one after the other, announced. */
  async eachRound(what: string, work: (round: number) => Promise<void>): Promise<void> {
    for (let round = 1; round <= this.rounds; round += 1) {
      this.signal.throwIfAborted();
      this.say(`${what}: round ${round} of ${this.rounds}`);
      await work(round);
    }
  }

  /** As `waitFor`, and it ends with the signal's reason when the run is interrupted. */
  async waitFor<T>(
    what: string,
    probe: () => Promise<T | undefined | false> | T | undefined | false,
    bounds: { readonly timeoutMs: number; readonly everyMs?: number },
  ): Promise<T> {
    this.signal.throwIfAborted();
    const interrupted = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      const reason = () => reject(this.signal.reason as Error);
      this.signal.addEventListener("abort", reason, { once: true, signal: interrupted.signal });
    });
    try {
      return await Promise.race([waitFor(what, () => (this.signal.aborted ? undefined : probe()), bounds), aborted]);
    } finally {
      interrupted.abort();
    }
  }
}
