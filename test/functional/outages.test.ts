import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import {
  afterFailover,
  assertEverywhere,
  promotable,
  promotedInsteadOf,
  watchForMaster,
  writeEverywhere,
} from "../support/scenes";
import { waitFor } from "../support/waitFor";

/** On a busy machine a server that does nothing wrong may be silent for a second. */
const appendonly = { appendonly: true, downAfterMs: 2000 } as const;
/** Within which a group is to have a master that has the data, or to say why it has none. */
const BOUND = 60_000;

describe("the end of a full outage", function () {
  this.timeout(120_000);

  it("the last master is missing, and the others load too late for Sentinel's failover: they ask for another one", () =>
    withGroup({ settings: appendonly }, async (group) => {
      const last = await group.up();
      await writeEverywhere(group, last, "key");
      await group.kill();
      group.start(group.sentinels);
      await waitFor(
        "a failover that found nobody",
        () => group.sentinels.some(({ log }) => log.includes("-failover-abort-no-good-slave")),
        { timeoutMs: 30_000 },
      );
      await settlesWithout(group, last, "key");
      const asked = group.nodes.filter(({ log }) => log.includes("is down, and no Sentinel is replacing it"));
      assert.equal(asked.length, 1, "nodes that asked");
    }));

  it("the last master comes back last: the replicas that wait for it have no more than their disks, and it has its own", () =>
    withGroup({ settings: { ...appendonly, downAfterMs: 20_000 } }, async (group) => {
      const last = await group.up();
      await writeEverywhere(group, last, "key");
      const replicas = group.nodes.filter((node) => node !== last);
      // As if the last master had been killed just before it would have recorded what its replicas had recorded already.
      const older = recorded(last);
      await writeMore(last, replicas);
      await group.kill();
      older();
      group.start([...replicas, ...group.sentinels]);
      await waitFor("the replicas to wait for it", () =>
        replicas.every(({ log }) => /decided: follow [^\n]*\n(?![^]*decided: follow)/.test(log)),
      );
      await waitFor(
        "the Sentinels to see replicas that could be promoted",
        async () => {
          const lists = await Promise.all(group.sentinels.map((sentinel) => sentinel.sentinelList("REPLICAS")));
          return lists.flat().every((replica) => replica["slave-priority"] !== "0");
        },
        { timeoutMs: 15_000 },
      );
      last.start();
      assert.equal((await group.settled(BOUND)).name, last.name);
      assert.equal(await last.command("DBSIZE"), 101);
      assert.doesNotMatch(last.log, /ask for a failover/);
    }));

  it("the last master is missing for good: of the replicas the one with the most data, not with the latest marker", () =>
    withGroup({ settings: appendonly }, async (group) => {
      const last = await group.up();
      await promotable(group.sentinels);
      await writeEverywhere(group, last, "key");
      const [more, less] = group.nodes.filter((node) => node !== last) as [MemberProcess, MemberProcess];
      await waitFor("its marker to tell of its file", () => more.marker()["aof-base"]?.includes(".base.") === true);
      const older = recorded(more);
      await writeMore(last, [less]);
      await less.kill();
      for (let index = 0; index < 100; index += 1) {
        await last.command("SET", `most:${index}`, "1");
      }
      await last.command("SET", "confirmed by one", "1");
      assert.equal(await last.command("WAIT", 1, 5000), 1);
      await group.kill([last, more]);
      older();
      await group.kill(group.sentinels);
      await settlesWithout(group, last, "confirmed by one");
      assert.equal((await more.role()).name, "master");
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`the last master is missing for good: another one is promoted, with the data (${tools} tools)`, () =>
      withGroup({ settings: appendonly, tools }, async (group) => {
        const last = await afterFailover(group);
        await writeEverywhere(group, last, "key");
        await group.kill();
        await settlesWithout(group, last, "key");
      }));

    it(`the same, and all Sentinels have lost their state (${tools} tools)`, () =>
      withGroup({ settings: appendonly, tools }, async (group) => {
        const last = await afterFailover(group);
        await writeEverywhere(group, last, "key");
        await group.kill();
        group.sentinels.forEach((sentinel) => sentinel.emptyData());
        await settlesWithout(group, last, "key");
      }));

    it(`all Sentinels have lost their state: the last master, by the nodes' disks (${tools} tools)`, () =>
      withGroup({ settings: appendonly, tools, bootWaitS: 20 }, async (group) => {
        const last = await afterFailover(group);
        await writeEverywhere(group, last, "key");
        await group.kill();
        group.sentinels.forEach((sentinel) => sentinel.emptyData());
        await settlesOn(group, last, "key");
      }));
  }

  it("one Sentinel remembers an older master, the others nothing: the old one does not come back", () =>
    withGroup({ settings: appendonly, bootWaitS: 20 }, async (group) => {
      const old = await group.up();
      const stale = group.sentinels[0]!;
      const state = join(stale.data, "sentinel.conf");
      copyFileSync(state, join(stale.home, "before"));
      await old.kill();
      await promotedInsteadOf(group, old);
      old.start();
      const last = await group.settled(BOUND);
      await writeEverywhere(group, last, "key");
      await group.kill();
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      copyFileSync(join(stale.home, "before"), state);
      const others = watchForMaster(group, [old]);
      await settlesOn(group, last, "key");
      assert.deepEqual(await others.stop(), []);
      await group.named(last, BOUND);
    }));

  it("a Sentinel that named the plan's master while it was alone takes the group's word at once", () =>
    withGroup({ settings: appendonly, bootWaitS: 1 }, async (group) => {
      const last = await afterFailover(group);
      await writeEverywhere(group, last, "key");
      await group.kill();
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      const [first, ...rest] = group.sentinels as [MemberProcess, MemberProcess, MemberProcess];
      first.start();
      await waitFor("its word", async () => (await first.namedMaster()) === group.nodes[0]!.address);
      const began = Date.now();
      group.start([...group.nodes, ...rest]);
      await group.named(last, BOUND);
      console.log(`      all Sentinels name the last master after ${Date.now() - began} ms`);
      assert.equal((await group.settled(BOUND)).name, last.name);
      await assertEverywhere(group, "key");
    }));

  it("the initial master has lost its volume: the others' data stays, and one of them is master", () =>
    withGroup({ settings: appendonly }, async (group) => {
      const initial = await group.up();
      await promotable(group.sentinels);
      await writeEverywhere(group, initial, "key");
      await group.kill();
      initial.emptyData();
      const empty = watchForMaster(group, [initial]);
      await settlesOn(group, undefined, "key");
      assert.deepEqual(await empty.stop(), []);
    }));

  it("the last master and all Sentinels have lost their volumes: the others' data stays", () =>
    withGroup({ settings: appendonly }, async (group) => {
      const last = await afterFailover(group);
      await writeEverywhere(group, last, "key");
      await group.kill();
      [last, ...group.sentinels].forEach((member) => member.emptyData());
      const empty = watchForMaster(group, [last]);
      await settlesOn(group, undefined, "key");
      assert.deepEqual(await empty.stop(), []);
    }));

  it("one replica, and the last master is missing for good: it is promoted", () =>
    withGroup({ settings: { ...appendonly, replicas: 1 } }, async (group) => {
      const [last] = group.nodes as [MemberProcess];
      await group.up();
      await writeEverywhere(group, last, "key");
      await group.kill();
      await settlesWithout(group, last, "key");
    }));

  it("one replica, and the Sentinels have lost their state, too: it takes no writes, and says what is missing", () =>
    withGroup({ settings: { ...appendonly, replicas: 1 }, bootWaitS: 1 }, async (group) => {
      const [last, replica] = group.nodes as [MemberProcess, MemberProcess];
      await group.up();
      await writeEverywhere(group, last, "key");
      await group.kill();
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      group.start([replica, ...group.sentinels]);
      await waitFor(
        "the Sentinels' reason",
        async () => {
          const { code, output } = await group.sentinels[0]!.run("health");
          return code === 1 && output.includes(`but ${last.address}, which may have newer data, does not answer`);
        },
        { timeoutMs: BOUND },
      );
      await waitFor("the replica's reason", async () =>
        // Once it has voted, so that a person's word comes after its own.
        (await replica.run("health")).output.includes("link is down"),
      );
      assert.equal((await replica.role()).name, "slave");
      await assert.rejects(replica.command("SET", "more", "1"), /READONLY/);
      // A person's word ends it.
      await replica.command("REPLICAOF", "NO", "ONE");
      await group.named(replica, BOUND);
      assert.equal((await group.settled(BOUND)).name, replica.name);
      assert.equal(await replica.command("GET", "key"), "1");
    }));

  it("no replica: it is master again, with its data", () =>
    withGroup({ settings: { ...appendonly, replicas: 0 } }, async (group) => {
      const [only] = group.nodes as [MemberProcess];
      group.start();
      await group.settled(BOUND);
      await only.command("SET", "key", "1");
      await waitFor("its marker", () => only.marker().data === "data");
      await group.kill();
      await settlesOn(group, only, "key");
    }));

  it("snapshots only, and the last master's is the oldest: the newest data wins", () =>
    withGroup({ settings: { save: "3600 1" } }, async (group) => {
      const last = await group.up();
      await promotable(group.sentinels);
      await writeEverywhere(group, last, "old");
      await last.command("SAVE");
      await writeEverywhere(group, last, "key");
      await group.nodes[1]!.command("SAVE");
      await group.kill();
      await settlesOn(group, undefined, "key");
    }));
});

describe("a lost disk", function () {
  this.timeout(120_000);

  it("the master is emptied while it is down, and back within down-after: the others' data stays", () =>
    withGroup({ settings: { ...appendonly, downAfterMs: 5000 } }, async (group) => {
      const master = await group.up();
      await promotable(group.sentinels);
      await writeEverywhere(group, master, "key");
      await master.kill();
      master.emptyData();
      await settlesOn(group, undefined, "key", [master]);
    }));

  it("without persistence, the master's server crashes and is started again: the others' data stays", () =>
    withGroup({ settings: { downAfterMs: 5000, save: "" } }, async (group) => {
      const master = await group.up();
      await promotable(group.sentinels);
      await writeEverywhere(group, master, "key");
      master.restarts = true;
      master.killServer();
      await waitFor("its end", () => master.log.includes("(ended:"));
      await settlesOn(group, undefined, "key", []);
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`an empty master meets a node with data: that one takes over (${tools} tools)`, () =>
      withGroup({ settings: appendonly, bootWaitS: 1, tools }, async (group) => {
        const [master, other, whole] = group.nodes as [MemberProcess, MemberProcess, MemberProcess];
        await group.up();
        await writeEverywhere(group, master, "key");
        await group.kill();
        [master, other, ...group.sentinels].forEach((member) => member.emptyData());
        group.start([master, other, ...group.sentinels]);
        assert.equal((await group.settled(BOUND)).name, master.name);
        whole.start();
        await waitFor("its protest", () => whole.log.includes("which is empty, and this node has data"));
        await waitFor("it to be master", async () => (await whole.role()).name === "master", { timeoutMs: BOUND });
        assert.equal((await group.settled(BOUND)).name, whole.name);
        await assertEverywhere(group, "key");
      }));

    it(`what only a crashed master has is set aside before it follows another one (${tools} tools)`, () =>
      withGroup({ settings: appendonly, tools }, async (group) => {
        const old = await group.up();
        await promotable(group.sentinels);
        await writeEverywhere(group, old, "key");
        const replicas = group.nodes.filter((node) => node !== old);
        // Cut off as well: what is on its way already would still arrive.
        replicas.forEach((node) => process.kill(node.serverPid(), "SIGSTOP"));
        await old.command("CLIENT", "KILL", "TYPE", "replica");
        await old.command("SET", "only-here", "1");
        await old.kill();
        replicas.forEach((node) => process.kill(node.serverPid(), "SIGCONT"));
        await promotedInsteadOf(group, old);
        old.start();
        await group.settled(BOUND);
        await old.logged(/the own data is set aside in \S+, \d+ kB/);
        await old.logged(/decided: follow \S+, because .*its last writes may not be there/);
        assert.equal(await old.command("GET", "only-here"), null);
        const aside = join(old.data, "set-aside", "appendonlydir");
        const kept = readdirSync(aside).map((name) => readFileSync(join(aside, name), "latin1"));
        assert.ok(kept.join("").includes("only-here"), "the set-aside files do not have the write");

        // A plain restart of a replica that has nothing of its own keeps it as it is, once that is what its file has.
        await waitFor("the append-only file to be written anew", async () => {
          const info = String(await old.command("INFO", "persistence"));
          return (
            /aof_rewrite_in_progress:0\r\n.*aof_rewrite_scheduled:0/s.test(info) &&
            info.includes("aof_last_bgrewrite_status:ok")
          );
        });
        await waitFor("the marker to tell of the new data", async () =>
          String(await old.command("INFO", "replication")).includes(`master_replid:${old.marker().replid}\r\n`),
        );
        await old.kill();
        old.timedLog = "";
        old.start();
        await group.settled(BOUND);
        assert.doesNotMatch(old.log, /set aside/);
      }));
  }

  it("by hand: a master that crashed with an older snapshot does not take its replicas' data", () =>
    withGroup({ settings: { topology: "replication", save: "3600 1" }, bootWaitS: 1 }, async (group) => {
      const master = await group.up();
      await writeEverywhere(group, master, "old");
      await master.command("SAVE");
      await writeEverywhere(group, master, "key");
      await master.kill();
      master.start();
      await waitFor("its reason", async () =>
        (await master.run("health")).output.includes("has newer data: promote one of them"),
      );
      assert.equal((await master.role()).name, "slave");
      await assert.rejects(master.command("SET", "more", "1"), /READONLY/);
      assert.equal(await group.nodes[1]!.command("GET", "key"), "1");
    }));
});

/** Starts what is not named as missing, and expects one master within the bound that has the key. */
async function settlesOn(group: Group, expected: MemberProcess | undefined, key: string, start = group.members) {
  const began = Date.now();
  group.start(start.filter(({ isRunning }) => !isRunning));
  const master = await settled(group, key);
  console.log(`      one master, with the data, after ${Date.now() - began} ms`);
  if (expected !== undefined) {
    assert.equal(master.name, expected.name);
  }
  await group.named(master, BOUND);
  await assertEverywhere(group, key);
}

/** Keeps a node's marker as it is now; calling what comes back puts it there again. */
function recorded(node: MemberProcess): () => void {
  const file = join(node.data, "node.state");
  const content = readFileSync(file);
  return () => writeFileSync(file, content);
}

/** A hundred writes, which nodes have and have recorded. */
async function writeMore(master: MemberProcess, nodes: readonly MemberProcess[]): Promise<void> {
  const before = Math.max(...nodes.map((node) => Number(node.marker().offset)));
  for (let index = 0; index < 100; index += 1) {
    await master.command("SET", `more:${index}`, "1");
  }
  await waitFor("the markers to tell of all writes", () =>
    nodes.every((node) => Number(node.marker().offset) > before + 3000),
  );
}

async function settlesWithout(group: Group, missing: MemberProcess, key: string) {
  await settlesOn(
    group,
    undefined,
    key,
    group.members.filter((member) => member !== missing),
  );
}

/** A group may be settled for a moment on a master that is about to yield. */
async function settled(group: Group, key: string): Promise<MemberProcess> {
  const ends = Date.now() + BOUND;
  for (;;) {
    const master = await group.settled(ends - Date.now());
    if ((await master.command("GET", key)) === "1") {
      return master;
    }
    assert.ok(Date.now() < ends, `${master.name} is master without the data`);
    await sleep(100);
  }
}
