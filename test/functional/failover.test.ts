import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { promotable, tilt, writeEverywhere } from "../support/scenes";
import { holdsFor, waitFor } from "../support/waitFor";

describe("failover", function () {
  this.timeout(60_000);

  it("a master that was down too long returns as a replica and never takes a write", () =>
    withGroup({}, async (group) => {
      const old = await group.up();
      await old.command("SET", "before", "1");
      await waitFor("both replicas to have it", async () => {
        const copies = await Promise.all(group.nodes.map((node) => node.command("GET", "before")));
        return copies.every((copy) => copy === "1");
      });
      await old.kill();
      const next = await waitFor("another master by all Sentinels' word", async () => {
        const words = await Promise.all(group.sentinels.map((sentinel) => sentinel.namedMaster()));
        return new Set(words).size === 1 && words[0] !== old.address && group.nodeAt(words[0]!);
      });
      assert.equal(await next.command("GET", "before"), "1");

      old.start();
      const writes = pollWrites(group, old);
      await group.settled();
      await holdsFor("the old master takes no write", 500, () => writes.soFar.accepted === 0);
      const { accepted, refused } = await writes.stop();
      assert.equal(accepted, 0, "writes accepted by the old master");
      assert.ok(refused > 20, `polled too seldom: ${refused}`);
      assert.equal((await old.role()).master, next.address);
    }));

  it("a master whose server crashes yields: the group has another one long before down-after, with the data", () =>
    withGroup({ settings: { downAfterMs: 5000, appendonly: true } }, async (group) => {
      const old = await group.up();
      // Until Sentinel's second INFO of the replicas (10 s) it takes them for not promotable.
      await promotable(group.sentinels);
      await old.command("SET", "before", "1");
      const writer = gapOf(group);
      await waitFor("the marker to tell of it", () => old.marker().data === "data");
      old.restarts = true;
      old.killServer();
      const next = await waitFor("another master", async () => {
        const roles = await Promise.all(
          group.nodes.map((node) => node.role().catch(() => ({ name: "slave" }) as const)),
        );
        return group.nodes.find((node, index) => node !== old && roles[index]?.name === "master");
      });
      await group.named(next);
      await group.settled();
      const gap = await writer.stop();
      console.log(`      longest gap between writes: ${gap} ms (down-after 5000 ms)`);
      await old.logged(/ask for a failover, because it did not stop cleanly as master/);
      assert.equal(await old.command("GET", "before"), "1");
      assert.ok(gap < 4000, `gap of ${gap} ms`);
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`a crashed master has itself replaced before its container ends, whether that starts again or not (${tools})`, () =>
      withGroup({ tools, settings: { downAfterMs: 30_000 } }, async (group) => {
        const old = await group.up();
        await promotable(group.sentinels);
        await writeEverywhere(group, old, "before");
        old.killServer();
        await waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== old.address);
        assert.equal(old.isRunning, false);
        await old.logged(/ask for a failover, because it did not stop cleanly as master, and .*; \S+: OK\n/);
        old.start();
        await group.settled();
        assert.equal(await old.command("GET", "before"), "1");
      }));
  }

  it("a crashed master asks no Sentinel in TILT, which would say OK and do nothing for half a minute", () =>
    withGroup({ settings: { downAfterMs: 60_000 } }, async (group) => {
      const old = await group.up();
      await promotable(group.sentinels);
      await old.command("SET", "before", "1");
      await waitFor("the marker to tell of it", () => old.marker().data === "data");
      const tilted = group.sentinels.slice(0, 2);
      await tilt(tilted);
      old.killServer();
      await old.logged(/ask for a failover, .*: OK\n/);
      assert.equal(/ask for a failover, .*; (\S+): OK\n/.exec(old.log)![1], group.sentinels[2]!.address);
    }));

  it("a stop before it has a role again makes no clean stop of a crash", () =>
    withGroup({ settings: { save: "3600 1" } }, async (group) => {
      const old = await group.up();
      await old.command("SET", "before", "1");
      await waitFor("the marker to tell of it", () => old.marker().data === "data");
      await group.kill();
      old.start();
      await waitFor("the standby's server", async () => (await old.role()).name === "slave");
      assert.equal(await old.stop(), 0);
      assert.equal(old.marker().role, "master");
      assert.equal(old.marker().clean, undefined, "a crashed master stopped cleanly");
    }));

  it("a master that lost its disk yields to a replica that has the data", () =>
    withGroup({ settings: { downAfterMs: 5000 } }, async (group) => {
      const old = await group.up();
      await promotable(group.sentinels);
      await old.command("SET", "before", "1");
      await waitFor("the replicas to have it", async () => (await group.nodes[1]!.command("DBSIZE")) === 1);
      await old.stop();
      old.emptyData();
      old.start();
      await waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== old.address);
      await group.settled();
      for (const node of group.nodes) {
        assert.equal(await node.command("GET", "before"), "1", node.name);
      }
    }));

  it("a master that stopped cleanly and comes back at once is master again, with its data", () =>
    withGroup({ settings: { downAfterMs: 5000, save: "3600 1" } }, async (group) => {
      const old = await group.up();
      await old.command("SET", "before", "1");
      // With nobody there to hand its role to.
      const replicas = group.nodes.filter((node) => node !== old);
      await group.stop(replicas);
      assert.equal(await old.stop(), 0);
      assert.equal(old.marker().clean, "yes");
      assert.equal(old.marker().role, "master");
      group.start(group.nodes);
      assert.equal((await group.settled()).name, old.name);
      assert.equal(await old.command("GET", "before"), "1");
      assert.equal(old.marker().clean, undefined);
      await old.logged(/decided: master, because a majority of the Sentinels names it, and it stopped cleanly/);
    }));

  it("a master that comes back while the Sentinels replace it does not take its role again: never two masters", () =>
    withGroup({ settings: { downAfterMs: 3000, save: "3600 1" } }, async (group) => {
      const old = await group.up();
      await promotable(group.sentinels);
      await old.command("SET", "before", "1");
      const replicas = group.nodes.filter((node) => node !== old).map((node) => node.serverPid());
      const signal = (name: NodeJS.Signals) => replicas.forEach((pid) => process.kill(pid, name));
      // Frozen and cut off, so that it can hand over to none of them.
      signal("SIGSTOP");
      await old.command("CLIENT", "KILL", "TYPE", "replica");
      await old.stop();
      signal("SIGCONT");
      // Frozen again for the time in which the Sentinels choose one: it is told to be master, and cannot obey yet.
      await sleep(2000);
      signal("SIGSTOP");
      await waitFor("a Sentinel to start the failover", async () => {
        const answers = await Promise.all(group.sentinels.map((sentinel) => sentinel.command("SENTINEL", "MASTERS")));
        return answers.some((answer) => JSON.stringify(answer).includes("failover_in_progress"));
      });
      old.start();
      // Time to ask around, with a second for each round in which the frozen ones do not answer.
      await sleep(2500);
      signal("SIGCONT");

      let mostMasters = 0;
      // Usually the one that was chosen; its old master, when the Sentinels gave the failover up because all were frozen.
      await waitFor(
        "one master, by its own word and by that of all Sentinels, with no failover under way",
        async () => {
          const roles = await Promise.all(group.nodes.map((node) => node.role().catch(() => undefined)));
          const masters = group.nodes.filter((_, index) => roles[index]?.name === "master");
          mostMasters = Math.max(mostMasters, masters.length);
          const views = await Promise.all(group.sentinels.map((sentinel) => sentinel.sentinelList("MASTERS")));
          return (
            masters.length === 1 &&
            views.every(
              ([view]) => `${view!.ip}:${view!.port}` === masters[0]!.address && !/_down|failover/.test(view!.flags!),
            )
          );
        },
        { timeoutMs: 30_000 },
      );
      assert.equal(mostMasters, 1, `two nodes were master at one time; ${old.name} logged:\n${old.log}`);
      await group.settled();
    }));

  it("an append-only file that is switched on, off and on for all nodes at once keeps the data there is", () =>
    withGroup({ settings: { save: "3600 1" } }, async (group) => {
      const master = await group.up();
      await master.command("SET", "before", "1");
      await waitFor("the replicas to have it", async () => (await group.nodes[1]!.command("DBSIZE")) === 1);
      for (const [round, appendonly] of ["yes", "no", "yes"].entries()) {
        await group.stop(group.nodes);
        const change = (text: string) => text.replace("appendonly no", `appendonly ${appendonly}`);
        group.nodes.forEach((node) => group.render(node, change));
        group.start(group.nodes);
        const next = await group.settled();
        assert.equal(await next.command("GET", "before"), String(round + 1));
        // A file that is no longer wanted is written until a snapshot has what is in it.
        await waitFor(
          `appendonly to be ${appendonly}`,
          async () => String(await next.command("CONFIG", "GET", "appendonly")) === `appendonly,${appendonly}`,
        );
        await next.command("SET", "before", round + 2);
        await next.command("WAIT", 2, 2000);
      }
    }));

  it("a replica that has never synced is not promoted", () =>
    withGroup({ settings: { replicas: 1 } }, async (group) => {
      const [master, replica] = group.nodes as [MemberProcess, MemberProcess];
      group.start([master, ...group.sentinels]);
      group.start([replica]);
      // Its link breaks before the first sync: the master refuses it.
      await waitFor("the replica's server", () => replica.command("CONFIG", "SET", "masterauth", "wrong"));
      await group.named(master);
      await waitFor("the master", async () => (await master.role()).name === "master");
      await master.command("SET", "before", "1");
      // When it does, it closes its clients' connections.
      await replica.logged(/decided: follow/);
      await holdsFor("the replica is without a link", 1500, async () => (await replica.role()).link !== "connected");
      await master.kill();
      await holdsFor(
        "the replica is not promoted",
        4000,
        async () =>
          (await replica.role()).name === "slave" && (await group.sentinels[0]!.namedMaster()) === master.address,
      );
    }));

  it("a node stays standby while no Sentinel answers, and takes its role once they do", () =>
    withGroup({ bootWaitS: 1 }, async (group) => {
      group.start(group.nodes);
      const writes = group.nodes.map((node) => pollWrites(group, node));
      await waitFor("all servers", async () => (await Promise.all(group.nodes.map((node) => node.role()))).length > 0);
      await holdsFor("every node is a standby and takes no write", 3000, async () => {
        const roles = await Promise.all(group.nodes.map((node) => node.role()));
        roles.forEach(({ name, master, link }) => {
          assert.deepEqual([name, master], ["slave", "127.0.0.1:1"]);
          assert.match(link ?? "", /^connect(ing)?$/);
        });
        return writes.every(({ soFar }) => soFar.accepted === 0);
      });
      await Promise.all(writes.map((poll) => poll.stop()));
      for (const node of group.nodes) {
        await node.logged(/still undecided after \d s, because no majority of the Sentinels names a master/);
      }
      group.start(group.sentinels.slice(0, 1));
      await holdsFor("one of three Sentinels is no majority", 2500, async () => {
        const roles = await Promise.all(group.nodes.map((node) => node.role()));
        return roles.every(({ name }) => name === "slave");
      });
      group.start(group.sentinels.slice(1));
      assert.equal((await group.settled()).name, group.nodes[0]!.name);
    }));

  it("everything killed while another than the planned node is master: it is master again, with the data", () =>
    withGroup({ settings: { appendonly: true } }, async (group) => {
      const old = await group.up();
      await old.kill();
      await waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== old.address);
      old.start();
      const next = await group.settled();
      await next.command("SET", "after", "1");
      await waitFor("every marker to tell of it", () =>
        group.nodes.every((node) => node.marker().master === next.address),
      );
      await group.kill();
      group.start();
      const writes = pollWrites(group, old);
      const last = await group.settled();
      assert.equal((await writes.stop()).accepted, 0);
      assert.equal(await last.command("GET", "after"), "1");
      assert.equal(last.name, next.name);
    }));
});

/** Tries a write on one node every 20 ms. */
function pollWrites(group: Group, node: MemberProcess) {
  const result = { accepted: 0, refused: 0 };
  const state = { running: true };
  const done = (async () => {
    while (state.running && !group.ended.signal.aborted) {
      await node.command("SET", "stray", "1").then(
        () => (result.accepted += 1),
        () => (result.refused += 1),
      );
      await sleep(20);
    }
  })();
  return {
    soFar: result as Readonly<typeof result>,
    async stop() {
      state.running = false;
      await done;
      return result;
    },
  };
}

/** Writes every 5 ms; tells the longest time without an acknowledged write. */
function gapOf(group: Group) {
  const client = group.masterClient();
  const state = { running: true };
  let gap = 0;
  let last = Date.now();
  const done = (async () => {
    while (state.running && !group.ended.signal.aborted) {
      await client.set("tick", last).then(
        () => {
          gap = Math.max(gap, Date.now() - last);
          last = Date.now();
        },
        () => undefined,
      );
      await sleep(5);
    }
    client.disconnect();
  })();
  return {
    async stop(): Promise<number> {
      state.running = false;
      await done;
      return Math.max(gap, Date.now() - last);
    },
  };
}
