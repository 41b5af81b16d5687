import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withGroup, type Group, type GroupOptions, type MemberProcess } from "../support/processes";
import { skipBecause } from "../support/skipBecause";
import { holdsFor, waitFor } from "../support/waitFor";

const PATIENCE = { timeoutMs: 30_000 };
const D = 2000;

describe("a full disk", function () {
  this.timeout(180_000);

  before(function () {
    if (process.getuid?.() !== 0) {
      skipBecause(this, "only root can give a process a disk of its own");
    }
  });

  for (const tools of ["system", "busybox"] as const) {
    it(`of all members before their start: they wait, say so, and start when there is room (${tools} tools)`, () =>
      withSmallDisks({ settings: { appendonly: true, downAfterMs: D }, tools }, async (group, disks) => {
        disks.forEach(fill);
        group.members.forEach((member) => (member.restarts = true));
        group.start();
        for (const member of group.members) {
          await waitFor(
            `${member.name} to say why it waits`,
            async () => (await member.run("health")).output.includes("undecided, not started: its disk is full"),
            PATIENCE,
          );
          assert.match(member.log, /not started for \d+ s: its disk is full, or cannot be written: \d+ kB are free/);
        }
        disks.forEach(clear);
        await group.settled(60_000);
        assert.deepEqual(ends(group), [], "members that ended");
      }));
  }

  const persistence = {
    "with an append-only file": { appendonly: true },
    "with an append-only file that is flushed at every write": { appendonly: true, appendfsync: "always" },
    "with snapshots": { save: "1 1" },
  } as const;
  for (const [how, settings] of Object.entries(persistence)) {
    it(`of all members while they run, ${how}: writes are refused, nobody ends again and again, roles settle, and it heals`, () =>
      withSmallDisks({ settings: { ...settings, downAfterMs: D } }, async (group, disks) => {
        const first = await group.up();
        await first.command("SET", "before", "1");
        assert.equal(await first.command("WAIT", 2, 5000), 2);
        group.members.forEach((member) => (member.restarts = true));
        disks.forEach(fill);
        const load = writing(group);
        try {
          await waitFor("writes that are refused", () => load.refused > 20, PATIENCE);
          const failovers = () =>
            new Set(group.sentinels.flatMap(({ log }) => [...log.matchAll(/\+switch-master .*/g)].map(String))).size;
          // Each node can take over once, with what is left in its last block; then none is fit any more.
          await waitFor("the roles to settle", () => load.refusedFor > 3 * D, { timeoutMs: 60_000 });
          const [switched, ended] = [failovers(), ends(group).length];
          assert.ok(switched <= group.nodes.length, `${switched} failovers`);
          await holdsFor("no more failovers, and nobody ends any more", 10_000, () => {
            assert.deepEqual([failovers(), ends(group).length], [switched, ended]);
            return true;
          });
          // With appendfsync always Redis itself ends when it cannot write; once.
          assert.ok(ended <= (how.includes("flushed") ? 2 * group.nodes.length : 0), `${ended} ends`);
          disks.forEach(clear);
          await waitFor("writes to be taken again", () => load.takenSince(Date.now() - 2000) > 10, {
            timeoutMs: 90_000,
          });
        } finally {
          await load.stop();
        }
        const master = await group.settled(60_000);
        // What was taken around a failover that nobody planned counts only where a replica had confirmed it.
        await master.command("SET", "after", "1");
        for (const node of group.nodes) {
          await waitFor(
            `what was confirmed on ${node.name}`,
            async () => String(await node.command("MGET", "before", "after")) === "1,1",
            PATIENCE,
          );
        }
        assert.equal((await master.role()).name, "master");
      }));
  }

  it("of one replica: it goes on as a copy in memory, and writes its file again when there is room", () =>
    withSmallDisks({ settings: { appendonly: true, downAfterMs: D } }, async (group, disks) => {
      const master = await group.up();
      const replica = group.nodes.find((node) => node !== master)!;
      replica.restarts = true;
      const disk = disks[group.members.indexOf(replica)]!;
      fill(disk);
      for (let index = 0; index < 40; index += 1) {
        await master.command("SET", `key:${index}`, "x".repeat(500));
      }
      await waitFor("the replica to say that it cannot write", async () =>
        String(await replica.command("INFO", "persistence")).includes("aof_last_write_status:err"),
      );
      await waitFor("all keys on it", async () => (await replica.command("DBSIZE")) === 40, PATIENCE);
      assert.doesNotMatch(replica.log, /\(ended/);
      clear(disk);
      await waitFor("its file to be written again", async () =>
        String(await replica.command("INFO", "persistence")).includes("aof_last_write_status:ok"),
      );
    }));

  it("of the Sentinels while they run: they go on, and still replace a master", () =>
    withSmallDisks({ settings: { appendonly: true, downAfterMs: D } }, async (group, disks) => {
      const master = await group.up();
      group.sentinels.forEach((sentinel) => fill(disks[group.members.indexOf(sentinel)]!));
      group.sentinels.forEach((sentinel) => (sentinel.restarts = true));
      await master.kill();
      await waitFor("another master", async () => (await group.settled(30_000)) !== master, PATIENCE);
      assert.ok(group.sentinels.some(({ log }) => log.includes("not able to save the new configuration")));
      const [one] = group.sentinels as [MemberProcess];
      const state = readFileSync(join(one.data, "sentinel.conf"), "utf8");
      await one.kill();
      one.start();
      await one.logged(/not started for \d+ s: its disk is full/);
      assert.equal(readFileSync(join(one.data, "sentinel.conf"), "utf8"), state, "its last word");
      clear(disks[group.members.indexOf(one)]!);
      await waitFor("the Sentinel to be back", async () => (await one.namedMaster()) !== "", PATIENCE);
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`leaves the marker as it was, also the half of one is none (${tools} tools)`, () =>
      withSmallDisks({ settings: { topology: "replication", replicas: 0, save: "" }, tools }, async (group, [disk]) => {
        const node = group.nodes[0]!;
        node.start();
        await group.settled();
        await waitFor("a marker", () => node.marker().synced === "yes");
        fill(disk!);
        const marker = readFileSync(join(node.data, "node.state"), "utf8");
        await holdsFor("the marker is whole", 4000, () => node.marker().synced === "yes");
        assert.equal(readFileSync(join(node.data, "node.state"), "utf8"), marker);
        assert.equal(existsSync(join(node.data, "node.state.new")), false);
        clear(disk!);
        await waitFor("the marker to go on", () => node.marker().time !== /^time=(.*)$/m.exec(marker)![1]);
      }));
  }
});

const ends = (group: Group) =>
  group.members.filter(({ log }) => log.includes("(ended")).flatMap(({ log }) => log.match(/\(ended/g)!);

/** A group whose members have 8 MiB of disk each. */
const withSmallDisks = (options: GroupOptions, body: (group: Group, disks: readonly string[]) => Promise<void>) =>
  withGroup(options, async (group) => {
    const disks = group.members.map(({ data }) => data);
    disks.forEach((disk) => execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]));
    try {
      await body(group, disks);
    } finally {
      await group.kill();
      disks.forEach((disk) => execFileSync("umount", ["-l", disk]));
    }
  });

/** Writes until there is no room: in portions that get smaller, since the last block counts. */
function fill(disk: string): void {
  for (const size of ["64k", "4k", "512"]) {
    spawnSync("dd", ["if=/dev/zero", `of=${disk}/ballast`, `bs=${size}`, "oflag=append", "conv=notrunc"]);
  }
}

const clear = (disk: string) => rmSync(join(disk, "ballast"), { force: true });

/** An application that writes, one key after the other. */
function writing(group: Group) {
  const client = group.masterClient();
  const taken: { readonly key: string; readonly at: number }[] = [];
  const state = { running: true, refused: 0, lastTaken: Date.now() };
  const done = (async () => {
    for (let index = 0; state.running && !group.ended.signal.aborted; index += 1) {
      const key = `load:${index}`;
      try {
        await client.set(key, "1");
        taken.push({ key, at: Date.now() });
        state.lastTaken = Date.now();
      } catch {
        state.refused += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    get refused() {
      return state.refused;
    },
    /** Milliseconds since the last one that was taken. */
    get refusedFor() {
      return Date.now() - state.lastTaken;
    },
    takenSince: (time: number) => taken.filter(({ at }) => at >= time).length,
    async stop() {
      state.running = false;
      client.disconnect();
      await done;
    },
  };
}
