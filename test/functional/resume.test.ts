import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, readdirSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "mocha";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { runInShell, SHELLS } from "../support/shells";
import { waitFor } from "../support/waitFor";

const pair = { topology: "replication", replicas: 1, appendonly: true, save: "3600 1" } as const;

/** A master and its replica, both with the same data. */
async function filledPair(group: Group): Promise<{ master: MemberProcess; replica: MemberProcess }> {
  const master = await group.up();
  const replica = group.nodes.find((node) => node !== master)!;
  await master.command("MSET", ...Array.from({ length: 300 }, (_, at) => [`key-${at}`, `${at}`]).flat());
  await master.command("WAIT", 1, 5000);
  await aofWritten(replica);
  return { master, replica };
}

const persistence = async (node: MemberProcess): Promise<string> => String(await node.command("INFO", "persistence"));

const aofWritten = (node: MemberProcess): Promise<boolean> =>
  waitFor(
    `the append-only file of ${node.name} to be written`,
    async () => {
      const info = await persistence(node);
      return ["aof_enabled:1", "aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0"].every((is) => info.includes(is));
    },
    { timeoutMs: 20_000 },
  );

/** The values of all keys, in the order of the keys. */
async function contents(node: MemberProcess): Promise<unknown> {
  const keys = ((await node.command("KEYS", "*")) as string[]).sort();
  return keys.length === 0 ? [] : [keys, await node.command("MGET", ...keys)];
}

const startedFrom = (node: MemberProcess, since: number): "snapshot" | "file" =>
  node.log.slice(since).includes("DB loaded from disk") ? "snapshot" : "file";

/** Waits until its server has said how its master took it back. */
async function goesOn(node: MemberProcess, since: number): Promise<boolean> {
  const [how] = await waitFor(
    `${node.name} to tell how it came to its data`,
    () => /Successful partial resynchronization|Full resync from master/.exec(node.log.slice(since)) ?? undefined,
  );
  return how.includes("partial");
}

/** Waits until it has loaded its data, whatever its role. */
const loaded = (node: MemberProcess): Promise<boolean> =>
  waitFor(`${node.name} to load its data`, async () => (await persistence(node)).includes("loading:0"));

describe("a replica with an append-only file", () => {
  for (const tools of ["system", "busybox"] as const) {
    it(`goes on where it was after a clean stop, without a full copy (${tools} tools)`, () =>
      withGroup({ settings: pair, tools }, async (group) => {
        const { master, replica } = await filledPair(group);
        for (const round of [1, 2]) {
          const since = replica.log.length;
          await replica.stop();
          await master.command("SET", `meanwhile-${round}`, "1");
          replica.start();
          await group.settled();
          assert.equal(startedFrom(replica, since), "snapshot");
          assert.ok(await goesOn(replica, since), "it copied everything");
          await master.command("WAIT", 1, 5000);
          assert.deepEqual(await contents(replica), await contents(master));
          await aofWritten(replica);
        }
        // From then on, the file has everything again, and what it has counts after a crash.
        await master.command("SET", "late", "1");
        await master.command("WAIT", 1, 5000);
        const written = await contents(master);
        await waitFor("the file to be on the disk", async () =>
          (await persistence(replica)).includes("aof_pending_bio_fsync:0"),
        );
        await group.kill();
        const since = replica.log.length;
        group.start([replica]);
        await loaded(replica);
        assert.equal(startedFrom(replica, since), "file");
        assert.deepEqual(await contents(replica), written);
      }));
  }

  /** What is done, and how many keys it brings. */
  const touched: Readonly<Record<string, (replica: MemberProcess) => number>> = {
    "the snapshot was replaced": ({ data }) => {
      copyFileSync(join(data, "dump.rdb"), join(data, "other.rdb"));
      renameSync(join(data, "other.rdb"), join(data, "dump.rdb"));
      return 0;
    },
    "the append-only file was written to": ({ data }) => {
      const folder = join(data, "appendonlydir");
      const last = readdirSync(folder).find((name) => name.endsWith(".incr.aof"))!;
      appendFileSync(
        join(folder, last),
        "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$5\r\nlater\r\n$1\r\n1\r\n",
      );
      return 1;
    },
  };
  for (const [what, touch] of Object.entries(touched)) {
    it(`is started from it when ${what} after the clean stop`, () =>
      withGroup({ settings: pair }, async (group) => {
        const { master, replica } = await filledPair(group);
        await replica.stop();
        const more = touch(replica);
        const since = replica.log.length;
        replica.start();
        await loaded(replica);
        await waitFor("its log", () => replica.log.slice(since).includes("DB loaded from "));
        assert.equal(startedFrom(replica, since), "file");
        assert.equal(await replica.command("DBSIZE"), Number(await master.command("DBSIZE")) + more);
      }));
  }

  for (const save of ["3600 1", ""]) {
    it(`is started from it after a ${save === "" ? "clean stop without `save`" : "crash"}`, () =>
      withGroup({ settings: { ...pair, save } }, async (group) => {
        const { master, replica } = await filledPair(group);
        // An older snapshot, as there may always be one.
        await replica.command("BGSAVE");
        await waitFor("a snapshot", async () => (await persistence(replica)).includes("rdb_bgsave_in_progress:0"));
        await master.command("SET", "late", "1");
        await master.command("WAIT", 1, 5000);
        await replica[save === "" ? "stop" : "kill"]();
        const since = replica.log.length;
        replica.start();
        await group.settled();
        assert.equal(startedFrom(replica, since), "file");
        assert.deepEqual(await contents(replica), await contents(master));
      }));
  }

  it("loses nothing when all is killed before it has its append-only file again", () =>
    withGroup({ settings: pair }, async (group) => {
      const { master, replica } = await filledPair(group);
      const written = await contents(master);
      await replica.stop();
      group.render(replica, (text) =>
        text.replace("replica-read-only yes", "replica-read-only yes\nrdb-key-save-delay 20000"),
      );
      replica.start();
      await waitFor("its file to be written", async () =>
        (await persistence(replica)).includes("aof_rewrite_in_progress:1"),
      );
      await group.settled();
      await group.kill();
      group.start([replica]);
      await loaded(replica);
      assert.deepEqual(await contents(replica), written);
    }));

  for (const shell of SHELLS) {
    it(`that was started from its snapshot is no master before it has its file again (${shell.join(" ")})`, () => {
      const node = resolve(__dirname, "../../node");
      const output = runInShell(
        shell,
        `set -u; DATA_DIR=/nowhere SELF=self:1 HEARD=heard disk=disk
        . '${node}/lib-aof.sh'; . '${node}/lib-role.sh'
        write_role() { echo "role $1"; }
        tell() { echo "tell $1"; }
        say() { :; }
        note_own_decision() { :; }
        for RESUMES in yes no; do for INFO_AOF_ENABLED in 0 1; do for INFO_REWRITES in yes no; do
          apply 'master it is named' && echo "$RESUMES $INFO_AOF_ENABLED $INFO_REWRITES: master" || echo "waits: $reason"
        done; done; done`,
      );
      const waits = "waits: it is named; but its append-only file is still being written";
      const becomes = (facts: string) => ["role master", "tell REPLICAOF NO ONE", `${facts}: master`];
      assert.deepEqual(output.trim().split("\n"), [
        ...[waits, waits, waits],
        ...["yes 1 no", "no 0 yes", "no 0 no", "no 1 yes", "no 1 no"].flatMap(becomes),
      ]);
    });
  }
});
