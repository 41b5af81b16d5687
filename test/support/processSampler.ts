import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Place } from "./secretScan";

/** Milliseconds between two looks at least; many of the clients live for no longer. */
const EVERY_MS = 10;
/** A look costs more on a machine with many processes: the time between two is so many times as long. */
const REST_FOR_EACH_LOOK = 4;

/**
 * Looks at the command lines and environments of the machine's processes again and again, and keeps them in memory until
 * it is known what to search for: a secret is read only after the update that made it.
 *
 * Processes that were there before are left out until the last look: they began before there was a secret.
 */
export class ProcessSampler {
  private readonly ended = new AbortController();
  private readonly older = new Set(processIds());
  /** The command line of each process when its environment was read; it changes when the process becomes a program. */
  private readonly known = new Map<string, string>();
  /** Words of command lines and variables, each with the first place where it was: most are in many processes. */
  private readonly seen = new Map<string, string>();
  /** Names of the programs that were met. */
  readonly programs = new Set<string>();
  private readonly loop = this.watch();

  /** Ends with a look at all processes, and returns all that was seen. */
  async stop(): Promise<readonly Place[]> {
    this.ended.abort();
    await this.loop;
    this.older.clear();
    this.look();
    return [...this.seen].map(([text, name]) => ({ name, text }));
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      const began = performance.now();
      this.look();
      const restMs = Math.max(EVERY_MS, (performance.now() - began) * REST_FOR_EACH_LOOK);
      // A test that forgets to stop this must end all the same.
      await sleep(restMs, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
    }
  }

  private look(): void {
    const pids = processIds();
    for (const pid of pids) {
      if (!this.older.has(pid)) {
        this.lookAt(pid);
      }
    }
    // Ids are given out again.
    const alive = new Set(pids);
    for (const pid of [...this.older, ...this.known.keys()]) {
      if (!alive.has(pid)) {
        this.older.delete(pid);
        this.known.delete(pid);
      }
    }
  }

  private lookAt(pid: string): void {
    const commandLine = readProcess(pid, "cmdline");
    if (commandLine === "" || this.known.get(pid) === commandLine) {
      return;
    }
    this.known.set(pid, commandLine);
    const program = basename(commandLine.split("\0")[0]!.split(" ")[0]!);
    this.programs.add(program);
    this.keep(commandLine, `the command line of a process ${program}`);
    this.keep(readProcess(pid, "environ"), `the environment of a process ${program}`);
  }

  private keep(text: string, place: string): void {
    for (const word of text.split("\0")) {
      if (!this.seen.has(word)) {
        this.seen.set(word, place);
      }
    }
  }
}

const processIds = (): readonly string[] => readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));

/** Processes end while one looks at them. */
function readProcess(pid: string, file: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
