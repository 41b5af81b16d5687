import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contract } from "../../outputs/contract";
import { waitFor } from "../support/waitFor";
import { KINDS } from "./kinds.support";
import { Program, type Line } from "./program.support";

/**
 * What a library says of a connection that was lost, or could not be made: it is made again. The AttributeError is
 * kombu's, for a message that it sends while it loses its connection.
 */
const RECONNECTING =
  /^(ConnectionError|TimeoutError|MasterNotFoundError|OperationalError|BusyLoadingError|ConnectionResetError|ConnectionRefusedError|SocketClosedUnexpectedlyError|ConnectionTimeoutError|ConnectionInterrupted|(Redis)?Error: (Connection is closed|Connection's subscriber|connect E|read E|Socket closed)|MaxRetriesPerRequestError|AttributeError: 'NoneType' object has no attribute 'client')/;

/** What a program reported. */
interface Report extends Line {
  readonly by: string;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Applications of real libraries, one of each kind, all of them running while something happens to their Redis. */
export class Fleet {
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-applications-"));
  /** Those that are to run. */
  private programs: readonly Program[] = [];
  private readonly started: Program[] = [];
  private readonly events: { readonly what: string; readonly began: number }[] = [];
  /** Those that were told to end, in good order. */
  private readonly replaced: Program[] = [];

  /** Starts one of each kind, with what the outputs say now. */
  async start({ connection, sentinels }: Contract): Promise<void> {
    const plain = { ...connection, sentinels: sentinels.map(({ announced }) => announced), natMap: undefined };
    const files = { translated: this.file("translated", connection), inside: this.file("inside", plain) };
    this.programs = KINDS.map((kind) => new Program(kind, files[kind.addresses]));
    this.started.push(...this.programs);
    await this.allWorkedSince(0, "each application to work");
  }

  /** As a rolling deployment of the applications: new ones first, and then the old ones end in good order. */
  async replace(contract: Contract): Promise<void> {
    const old = this.programs;
    this.replaced.push(...old);
    await this.start(contract);
    await Promise.all(
      old.map(async (program) =>
        assert.equal(await program.stop(), "ended with 0", `${program.name}:\n${program.end}`),
      ),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(this.started.map((program) => program.kill()));
    rmSync(this.folder, { recursive: true });
  }

  /**
   * Does something while the applications work, waits until all of them work again, and says what each of them noticed.
   *
   * @param what names the event in failures.
   * @param planned no command may be told anything but that its connection is gone.
   * @throws AssertionError with the name of each application that ended.
   */
  async through(
    what: string,
    event: () => Promise<unknown>,
    { planned }: { readonly planned: boolean },
  ): Promise<void> {
    const began = Date.now();
    this.events.push({ what, began });
    const before = this.programs;
    await event();
    await this.allWorkedSince(Date.now(), "each application to work again");
    const until = Date.now();
    const faults = [...new Set([...before, ...this.programs])].flatMap((program) => {
      const failures = program.lines.filter(({ at, failed }) => failed !== undefined && at >= began && at <= until);
      console.log(`      ${program.name}: longest pause ${seconds(longestPause(program.lines, began, until))}`);
      for (const [text, count] of counted(failures)) {
        console.log(`        ${count} x ${text}`);
      }
      const refused = failures.filter(({ error }) => !RECONNECTING.test(error!));
      return [
        ...(program.ended === undefined || this.replaced.includes(program)
          ? []
          : [`${program.name} ${program.ended}:\n${program.end}`]),
        ...(planned && refused.length > 0
          ? [`${program.name}: ${refused[0]!.failed} was told ${refused[0]!.error} (${refused.length} times)`]
          : []),
      ];
    });
    assert.deepEqual(faults, []);
  }

  /** Waits until all jobs that were added are done, and looks whether one was done twice that was sent once. */
  async allJobsRun(): Promise<void> {
    const now = Date.now();
    const reports = () =>
      this.started.flatMap(({ name, lines }) => lines.map((line): Report => ({ ...line, by: name })));
    const added = reports().filter(({ at, added }) => at < now && added !== undefined);
    const ran = (): ReadonlyMap<string, readonly Report[]> => {
      const runs = new Map<string, Report[]>();
      for (const report of reports().filter(({ ran }) => ran !== undefined)) {
        runs.set(report.ran!, [...(runs.get(report.ran!) ?? []), report]);
      }
      return runs;
    };
    const missing = () => {
      const done = ran();
      return added.filter(({ added }) => !done.has(added!));
    };
    await waitFor("all jobs to be run", () => missing().length === 0, { timeoutMs: 60_000 }).catch(() => undefined);
    const lost = missing();
    console.log(`      ${added.length} jobs, ${lost.length} lost`);
    const again = new Set(reports().flatMap(({ again }) => again ?? []));
    const twice = [...ran()].filter(([job, runs]) => runs.length > 1 && job !== "repeated" && !again.has(job));
    assert.deepEqual(
      lost.map(({ added, at, by }) => `${added}, added by ${by} ${this.when(at)}`),
      [],
      "jobs that were not run",
    );
    assert.deepEqual(
      twice.map(([job, runs]) => `${job}, run by ${runs.map(({ at, by }) => `${by} ${this.when(at)}`).join(" and ")}`),
      [],
      "jobs that were run twice, and sent once",
    );
  }

  /** Waits until each of them has done something since a moment; one that has ended never will. */
  private async allWorkedSince(moment: number, what: string): Promise<void> {
    const idle = () => this.programs.filter((program) => !program.hasWorkedSince(moment));
    const ended = () => this.programs.filter((program) => program.ended !== undefined);
    try {
      await waitFor(what, () => idle().length === 0 || ended().length > 0, { timeoutMs: 60_000 });
    } catch (error) {
      const told = await Promise.all(idle().map((program) => program.whereItStands()));
      throw new Error([error instanceof Error ? error.message : String(error), ...told].join("\n"), { cause: error });
    }
    assert.deepEqual(
      ended().map((program) => `${program.name} ${program.ended}:\n${program.end}`),
      [],
    );
  }

  /** A moment, as told by the event that had begun last. */
  private when(moment: number): string {
    const last = this.events.findLast(({ began }) => began <= moment);
    return last === undefined ? "before all events" : `${seconds(moment - last.began)} after the start of ${last.what}`;
  }

  private file(name: string, connection: unknown): string {
    const file = join(this.folder, `${name}-${Date.now()}.json`);
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    return file;
  }
}

/** How often each command was told what, without what differs from time to time. */
function counted(failures: readonly Line[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { failed, error } of failures) {
    const text = `${failed}: ${error}`.replaceAll(/\d+/g, "N").slice(0, 100);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** The longest time between two commands that succeeded. */
function longestPause(lines: readonly Line[], began: number, until: number): number {
  const moments = lines
    .filter(({ at, done, ran }) => at >= began - 500 && at <= until && (done ?? ran) !== undefined)
    .map(({ at }) => at);
  return Math.max(0, ...moments.slice(1).map((at, index) => at - moments[index]!));
}
