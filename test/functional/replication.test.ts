import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

const settings = { topology: "replication", save: "3600 1" } as const;

describe("replication topology", function () {
  this.timeout(60_000);

  it("first start, in any order: the planned master, the others follow it", () =>
    withGroup({ settings }, async (group) => {
      const began = Date.now();
      group.start([...group.nodes].reverse());
      assert.equal((await group.settled()).name, group.nodes[0]!.name);
      console.log(`      one master and 2 linked replicas after ${Date.now() - began} ms`);
    }));

  it("a replica that is promoted by hand stays master when each and when all restart", () =>
    withGroup({ settings }, async (group) => {
      await group.up();
      const promoted = group.nodes[2]!;
      await promote(group, promoted);
      await promoted.command("SET", "after", "1");

      for (const node of group.nodes) {
        assert.equal(await node.stop(), 0);
        node.start();
        assert.equal((await group.settled()).name, promoted.name, `after the restart of ${node.name}`);
      }

      await group.stop();
      const watch = countMasters(group);
      group.start();
      assert.equal((await group.settled()).name, promoted.name, "after the restart of all");
      assert.equal(await watch.stop(), 1, "masters at the same time");
      for (const node of group.nodes) {
        assert.equal(await node.command("GET", "after"), "1", node.name);
      }
    }));

  it("a promotion that the old master slept through reaches it when it comes back", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      await old.kill();
      const [, promoted, other] = group.nodes as [MemberProcess, MemberProcess, MemberProcess];
      await promote(group, promoted, [other]);
      await promoted.command("SET", "after", "1");
      await group.stop([promoted, other]);

      const watch = countMasters(group);
      group.start();
      assert.equal((await group.settled(20_000)).name, promoted.name);
      assert.equal(await watch.stop(), 1, "masters at the same time");
      assert.equal(await old.command("GET", "after"), "1");
    }));

  it("a master that lost its disk does not take the data of the others with it", () =>
    withGroup({ settings, bootWaitS: 1 }, async (group) => {
      const master = await group.up();
      await master.command("SET", "key", "1");
      await waitFor("the replicas to have it", async () => (await group.nodes[1]!.command("DBSIZE")) === 1);
      await master.kill();
      master.emptyData();
      master.start();
      await master.logged(/still undecided after \d+ s, .*promote one of them/);
      assert.equal((await master.role()).name, "slave");
      assert.equal(await group.nodes[1]!.command("GET", "key"), "1");

      await promote(group, group.nodes[1]!, [group.nodes[2]!]);
      assert.equal((await group.settled()).name, group.nodes[1]!.name);
      assert.equal(await master.command("GET", "key"), "1");
    }));
});

/** What `promote` of the day-2 commands does; and the watchers' second to record it. */
async function promote(group: Group, node: MemberProcess, others = group.nodes.filter((other) => other !== node)) {
  await node.command("REPLICAOF", "NO", "ONE");
  await Promise.all(
    others.map((other) => other.command("REPLICAOF", ...(node.address.split(":") as [string, string]))),
  );
  await waitFor("everybody's marker to tell of it", () =>
    [node, ...others].every((member) => member.marker().master === node.address),
  );
}

/** Looks every 20 ms; tells the largest number of masters that there were at once. */
function countMasters(group: Group) {
  const state = { running: true };
  let most = 0;
  const done = (async () => {
    while (state.running && !group.ended.signal.aborted) {
      const roles = await Promise.allSettled(group.nodes.map((node) => node.role()));
      const masters = roles.filter((role) => role.status === "fulfilled" && role.value.name === "master");
      most = Math.max(most, masters.length);
      await sleep(20);
    }
  })();
  return {
    async stop(): Promise<number> {
      state.running = false;
      await done;
      return most;
    },
  };
}
