import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { withGroup, type MemberProcess } from "../support/processes";
import { afterFailover } from "../support/scenes";
import { waitFor } from "../support/waitFor";

/** Long enough that Sentinels do not take a master that a busy machine starts late for a lost one. */
const PATIENT = { downAfterMs: 5000 } as const;

describe("a Sentinel's start", function () {
  this.timeout(60_000);

  it("with an emptied disk, after a failover: the group's word and its own id", () =>
    withGroup({}, async (group) => {
      const master = await afterFailover(group);
      const [lost] = group.sentinels as [MemberProcess];
      await lost.kill();
      lost.emptyData();
      lost.start();
      await waitFor("its answer", () => lost.namedMaster());
      assert.equal(await lost.namedMaster(), master.address);
      assert.equal(await lost.command("SENTINEL", "MYID"), group.ids[lost.name]);
      await lost.logged(/decided: monitor \S+ \(epoch \d+\), because a majority of the other Sentinels names it/);
      for (const sentinel of group.sentinels) {
        const peers = await sentinel.sentinelList("SENTINELS");
        assert.equal(peers.length, 2, `${sentinel.name} knows ${peers.length} others`);
      }
    }));

  it("all restarted after a failover: they keep their word and their epoch", () =>
    withGroup({ settings: PATIENT }, async (group) => {
      const master = await afterFailover(group);
      const epoch = async () => (await group.sentinels[0]!.sentinelList("MASTERS"))[0]!["config-epoch"];
      const before = await epoch();
      await group.stop(group.sentinels);
      group.start(group.sentinels);
      await group.named(master);
      assert.ok(Number(before) > 0);
      assert.equal(await epoch(), before);
      for (const sentinel of group.sentinels) {
        await sentinel.logged(/master by this Sentinel's own last word/);
      }
    }));

  it("all with emptied disks, after a failover, while the nodes run: the master that is followed", () =>
    withGroup({ settings: PATIENT }, async (group) => {
      const master = await afterFailover(group);
      await group.kill(group.sentinels);
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      group.start(group.sentinels);
      await group.named(master);
      assert.equal((await group.settled()).name, master.name);
    }));

  it("all with emptied disks and all nodes restarted, after a failover: no deadlock, the last master, its data", () =>
    withGroup({ bootWaitS: 2, settings: { ...PATIENT, appendonly: true } }, async (group) => {
      const master = await afterFailover(group);
      await master.command("SET", "after", "1");
      await waitFor("the marker", () => master.marker().role === "master");
      await group.kill();
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      group.start();
      assert.equal((await group.settled(20_000)).name, master.name);
      await group.named(master);
      assert.equal(await master.command("GET", "after"), "1");
    }));

  it("with changed settings: they arrive, and the master stays", () =>
    withGroup({ settings: PATIENT }, async (group) => {
      const master = await afterFailover(group);
      for (const sentinel of group.sentinels) {
        await sentinel.stop();
        group.render(sentinel, (text) =>
          text.replace("down-after-milliseconds mymaster 5000", "down-after-milliseconds mymaster 1234"),
        );
        sentinel.start();
        await waitFor(`${sentinel.name}'s quorum`, async () =>
          String(await sentinel.command("SENTINEL", "CKQUORUM", "mymaster")).startsWith("OK 3"),
        );
        const [view] = await sentinel.sentinelList("MASTERS");
        assert.equal(view?.["down-after-milliseconds"], "1234");
        assert.equal(`${view.ip}:${view.port}`, master.address);
      }
    }));

  it("a replica and a Sentinel that left the plan are forgotten", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const sentinel = group.sentinels[0]!;
      const [goneNode, goneSentinel] = [group.nodes[2]!, group.sentinels[2]!];
      await group.kill([goneNode, goneSentinel, sentinel]);
      group.render(sentinel, (text) =>
        text
          .replace(new RegExp(`sentinel known-sentinel .* ${group.ids[goneSentinel.name]}`), "")
          .replace(` ${goneNode.address}`, "")
          .replace(` ${goneSentinel.address}`, ""),
      );
      sentinel.start();
      await waitFor("its answer", () => sentinel.namedMaster());
      assert.equal(await sentinel.namedMaster(), master.address);
      assert.equal((await sentinel.sentinelList("REPLICAS")).length, 1);
      assert.equal((await sentinel.sentinelList("SENTINELS")).length, 1);
    }));

  it("alone, with nobody to ask: the plan's master after a bounded wait; and it ends when it is told to", () =>
    withGroup({ bootWaitS: 2 }, async (group) => {
      const [sentinel, other] = group.sentinels as [MemberProcess, MemberProcess];
      sentinel.start();
      other.start();
      await waitFor("a line of progress", () => sentinel.log.includes("still waiting"));
      assert.equal(await other.stop(), 143);
      await waitFor("its answer", () => sentinel.namedMaster());
      assert.equal(await sentinel.namedMaster(), group.nodes[0]!.address);
      await sentinel.logged(/no data node answers at all/);
    }));

  it("waits while a node has data and nobody says who is master", () =>
    withGroup({ bootWaitS: 1, settings: { save: "3600 1" } }, async (group) => {
      const master = await group.up();
      await master.command("SET", "key", "1");
      await waitFor("a replica to have it", async () => (await group.nodes[1]!.command("DBSIZE")) === 1);
      await group.stop();
      rmSync(join(group.nodes[1]!.data, "node.state"));
      group.sentinels.forEach((sentinel) => sentinel.emptyData());
      group.sentinels[0]!.timedLog = "";
      // Only a node that does not remember whom it followed.
      group.start([group.nodes[1]!, group.sentinels[0]!]);
      await waitFor("the bound", () => group.sentinels[0]!.log.includes("which may have newer data, does not answer"));
      assert.doesNotMatch(group.sentinels[0]!.log, /decided/);
    }));
});
