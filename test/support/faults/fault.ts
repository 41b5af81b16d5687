import { spreadOfSeconds } from "./figures";
import type { FaultGroup } from "./group";
import { writeReport } from "./report";
import { playRound, type Round, type RoundRecord } from "./round";

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

  /** Prints the figures and writes the files; belongs in `after`, so that a failed fault is told as well. */
  report(): void {
    const figures: readonly OwnFigure[] = [
      ...[...this.times].map(([name, values]) => ({ name, text: spreadOfSeconds(values) })),
      ...[...this.notes].map(([name, text]) => ({ name, text })),
    ];
    console.log(writeReport({ id: this.id, title: this.title, records: this.records, figures }));
  }
}
