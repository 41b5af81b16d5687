import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { contractOf, handOver } from "../support/groupCommands";
import { bring, newestOnly, rotated } from "../support/rotation";
import { Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";
import { KINDS } from "./kinds.support";
import { Program, type Line } from "./program.support";
import { Silence } from "./silence.support";

/**
 * Applications of real libraries, each built from the output `connection` alone, all of them running while one
 * deployment goes through everything that happens to one. Members that are gone are silent, as containers are.
 */

/**
 * What a library says of a connection that was lost, or could not be made: it is made again. The AttributeError is
 * kombu's, for a message that it sends while it loses its connection.
 */
const RECONNECTING =
  /^(ConnectionError|TimeoutError|MasterNotFoundError|OperationalError|BusyLoadingError|ConnectionResetError|ConnectionRefusedError|SocketClosedUnexpectedlyError|ConnectionTimeoutError|ConnectionInterrupted|(Redis)?Error: (Connection is closed|Connection's subscriber|connect E|read E|Socket closed)|MaxRetriesPerRequestError|AttributeError: 'NoneType' object has no attribute 'client')/;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

describe("applications", function () {
  this.timeout(180_000);

  const folder = mkdtempSync(join(tmpdir(), "redis-applications-"));
  const silence = new Silence();
  let group: Group;
  /** Those that are to run. */
  let programs: Program[] = [];
  const started: Program[] = [];
  /** Those that were told to end, in good order. */
  const replaced: Program[] = [];

  const connectionFile = (): string => {
    const file = join(folder, `connection-${Date.now()}.json`);
    writeFileSync(file, JSON.stringify(contractOf(group).connection), { mode: 0o600 });
    return file;
  };

  /** Waits until each of them has done something since a moment; one that has ended never will. */
  const allWorkedSince = async (moment: number, what: string): Promise<void> => {
    const idle = () => programs.filter((program) => !program.hasWorkedSince(moment));
    const allOrOneEnded = () => idle().length === 0 || programs.some(({ ended }) => ended !== undefined);
    try {
      await waitFor(what, allOrOneEnded, { timeoutMs: 60_000 });
    } catch (error) {
      const told = idle().map(
        (program) => `${program.name}: ${JSON.stringify(program.lines.slice(-3))}\n${program.end}`,
      );
      throw new Error([error instanceof Error ? error.message : String(error), ...told].join("\n"), { cause: error });
    }
  };

  const start = async (): Promise<void> => {
    const file = connectionFile();
    programs = KINDS.map((kind) => new Program(kind, file));
    started.push(...programs);
    await allWorkedSince(0, "each application to work");
    assert.deepEqual(
      programs.flatMap(({ name, ended, end }) => (ended === undefined ? [] : [`${name} ${ended}:\n${end}`])),
      [],
    );
  };

  before(async () => {
    group = await Group.create({
      settings: {
        downAfterMs: 1000,
        notifyKeyspaceEvents: "Ex",
        appCommands: ["flushdb", "client|list"],
        extraRedisConf: ["repl-diskless-sync-delay 0"],
      },
    });
    await group.up();
    await start();
  });
  after(async () => {
    await Promise.all(started.map((program) => program.kill()));
    await silence.endAll();
    await group.destroy();
    rmSync(folder, { recursive: true });
  });

  /** Ends a member as its container's end does, and starts it again. */
  const away = async (member: MemberProcess, end: () => Promise<unknown>, meanwhile: () => Promise<unknown>) => {
    await silence.after(member, end);
    await meanwhile();
    await silence.start(member);
    await group.named(await group.settled(30_000));
  };

  /** Does something while the applications work, and says what each of them noticed. */
  const through = async (event: () => Promise<unknown>, planned: boolean): Promise<void> => {
    const began = Date.now();
    const before = [...programs];
    await event();
    const over = Date.now();
    await allWorkedSince(over, "each application to work again");
    const until = Date.now();
    const faults: string[] = [];
    for (const program of [...before, ...programs.filter((p) => !before.includes(p))]) {
      const lines = program.lines.filter(({ at }) => at >= began && at <= until);
      const failures = lines.filter(({ failed }) => failed !== undefined);
      const kinds = new Map<string, number>();
      failures.forEach(({ failed, error }) => {
        const key = `${failed}: ${error}`.replaceAll(/\d+/g, "N");
        kinds.set(key, (kinds.get(key) ?? 0) + 1);
      });
      console.log(
        `      ${program.name}: longest pause ${seconds(longestPause(program.lines, began, until))}${[...kinds].map(([text, count]) => `\n        ${count} x ${text}`).join("")}`,
      );
      if (program.ended !== undefined && !replaced.includes(program)) {
        faults.push(`${program.name} ${program.ended}:\n${program.end}`);
      }
      const refused = failures.filter(({ error }) => !RECONNECTING.test(error!));
      if (planned && refused.length > 0) {
        faults.push(`${program.name}: ${refused[0]!.failed} was told ${refused[0]!.error} (${refused.length} times)`);
      }
    }
    assert.deepEqual(faults, []);
  };

  it("go on through a hand-over", () => through(() => handOver(group), true));

  it("go on through the stop of the master's container", () =>
    through(async () => {
      const master = await group.settled();
      await away(
        master,
        () => master.stop(),
        () => sleep(2000),
      );
    }, true));

  it("go on through a rolling replacement of all members", () =>
    through(async () => {
      const master = await group.settled();
      const replicas = group.nodes.filter((node) => node !== master);
      for (const member of [...replicas, master, ...group.sentinels]) {
        await away(
          member,
          () => member.stop(),
          () => sleep(500),
        );
      }
    }, true));

  it("go on through a rotation of passwords, renewed themselves before its end", () =>
    through(async () => {
      const both = rotated(group.passwords, 1);
      await bring(group, both, "accept");
      await bring(group, both, "use");
      group.use(both);
      const old = programs;
      await start();
      for (const program of old) {
        replaced.push(program);
        assert.equal(await program.stop(), "ended with 0", `${program.name}:\n${program.end}`);
      }
      await bring(group, newestOnly(both), "accept");
      await bring(group, newestOnly(both), "use");
      group.use(newestOnly(both));
      // What still used the old one would be found out now.
      await sleep(2000);
    }, true));

  it("have lost no job in all of these, and run none twice", async () => {
    await allJobsRun();
  });

  it("go on after the master was killed", () =>
    through(async () => {
      const master = await group.settled();
      await away(
        master,
        () => master.kill(),
        () => waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== master.address),
      );
    }, false));

  it("go on after a full outage", () =>
    through(async () => {
      await Promise.all(group.members.map((member) => silence.after(member, () => member.kill())));
      await sleep(3000);
      await Promise.all(group.members.map((member) => silence.start(member)));

      await group.named(await group.settled(60_000));
    }, false));

  async function allJobsRun(): Promise<void> {
    const lines = started.flatMap((program) => program.lines);
    // Jobs that were added until now.
    const now = Date.now();
    const added = lines.filter(({ at, added }) => at < now && added !== undefined).map(({ added }) => added!);
    const ran = () => {
      const times = new Map<string, number>();
      for (const { ran } of started.flatMap((program) => program.lines)) {
        if (ran !== undefined) {
          times.set(ran, (times.get(ran) ?? 0) + 1);
        }
      }
      return times;
    };
    const missing = () => {
      const done = ran();
      return added.filter((job) => !done.has(job));
    };
    await waitFor("all jobs to be run", () => missing().length === 0, { timeoutMs: 60_000 }).catch(() => undefined);
    console.log(`      ${added.length} jobs, ${missing().length} lost`);
    const again = new Set(lines.flatMap(({ again }) => again ?? []));
    const twice = [...ran()].filter(([job, count]) => count > 1 && job !== "repeated" && !again.has(job));
    assert.deepEqual(missing(), [], "jobs that were not run");
    assert.deepEqual(twice, [], "jobs that were run twice, and sent once");
  }
});

/** The longest time between two commands that succeeded. */
function longestPause(lines: readonly Line[], began: number, until: number): number {
  const moments = lines
    .filter(({ at, done, ran }) => at >= began - 500 && at <= until && (done ?? ran) !== undefined)
    .map(({ at }) => at);
  return Math.max(0, ...moments.slice(1).map((at, index) => at - moments[index]!));
}
