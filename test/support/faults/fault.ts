import assert from "node:assert/strict";
import { median, spreadOfSeconds } from "./figures";
import type { FaultGroup } from "./group";
import { writeReport } from "./report";
import { playRound, type Round, type RoundRecord } from "./round";
import { atMost } from "./slack";

/** A figure of its own that a fault has beside those of every fault. */
export interface OwnFigure {
  readonly name: string;
  readonly text: string;
}

/** One fault: its rounds, and what is told about them. */
export class Fault {
  readonly records: RoundRecord[] = [];
  private readonly times = new Map<string, number[]>();
  private readonly notes = new Map<string, string>();

  /**
   * @param id name of its files under `reports/faults`, beginning with its number.
   * @param title what happens to the group, as a reader of the report wants to see it.
   */
  constructor(
    readonly id: string,
    readonly title: string,
  ) {}

  /** Plays one round and keeps its record. A round that fails says what the members said last. */
  async round(group: FaultGroup, body: (round: Round) => Promise<void>): Promise<RoundRecord> {
    try {
      const record = await playRound(group, body);
      this.records.push(record);
      return record;
    } catch (error) {
      console.log(await group.lastWords());
      throw error;
    }
  }

  /** A duration of one round, in milliseconds; the report has the median of all. */
  measured(name: string, ms: number): void {
    this.times.set(name, [...(this.times.get(name) ?? []), ms]);
  }

  /** A figure that is no duration; the last word on a name counts. */
  noted(name: string, text: string | number): void {
    this.notes.set(name, String(text));
  }

  /**
   * Compares the longest gaps of all rounds, in milliseconds, with what is promised on a machine of its own. Whether the
   * promise was kept is told as it is; the test fails where a shared machine does not explain it any more.
   */
  expectGaps({ medianMs, longestMs }: { readonly medianMs: number; readonly longestMs: number }): void {
    const gaps = this.records.map(({ gapMs }) => gapMs);
    const [middle, longest] = [median(gaps), Math.max(...gaps)];
    const kept = middle <= medianMs && longest <= longestMs ? "kept" : "missed";
    this.noted("promised", `median ${medianMs / 1000} s, at most ${longestMs / 1000} s: ${kept}`);
    assert.ok(middle <= atMost(medianMs), `median of the longest gaps: ${middle} ms`);
    assert.ok(longest <= atMost(longestMs), `the longest of all gaps: ${longest} ms`);
  }

  /** Prints the figures and writes the files; belongs in `after`, so that a failed fault is told as well. */
  report(): void {
    const figures: readonly OwnFigure[] = [
      ...[...this.times].map(([name, values]) => ({ name, text: spreadOfSeconds(values) })),
      ...[...this.notes].map(([name, text]) => ({ name, text })),
    ];
    console.log(writeReport({ id: this.id, title: this.title, records: this.records, figures }));
  }
}
