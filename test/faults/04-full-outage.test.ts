import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { atMost, Fault, rounds, sentinelIds, sharedGroup, shuffled } from "../support/faults";
import { waitFor } from "../support/waitFor";

const fault = new Fault(
  "04-full-outage",
  "All containers are killed while a promoted node is master, and start in any order",
);

/** Otherwise Redis acknowledges writes before they are in its file while the disk is busy with those of a second ago. */
const DURABLE = { appendfsync: "always" };

describe(fault.title, () => {
  after(() => fault.report());
  after(async () => (await sharedGroup()).up());

  it("has one master within 30 s, with everything that was acknowledged", async () => {
    const group = await sharedGroup();
    await group.up(DURABLE);
    const ids = await sentinelIds(group.contract);
    let same = 0;
    for (let round = 0; round < rounds(20, 2); round += 1) {
      await group.promoteAnother(group.contract.nodes[0]!);
      let last = "";
      const { lost, lostConfirmed, handOvers } = await fault.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        const all = group.members.map(({ name }) => name);
        mark("all containers killed");
        await group.kill(...all);
        last = load.plain.at(-1)!.key;
        const order = shuffled(all);
        mark(`started: ${order.map((name) => name.replace(`${group.contract.deployment}-`, "")).join(", ")}`);
        const startedAt = performance.now();
        await group.start(...order);
        const [now] = await waitFor(
          "one master",
          () => {
            const masters = roles.masters();
            return masters.length === 1 ? masters : undefined;
          },
          { timeoutMs: atMost(30_000) },
        );
        fault.measured("one master after", performance.now() - startedAt);
        assert.equal(now, master.name, "the master after the outage is not the last one before it");
        same += 1;
        fault.noted("rounds in which the last master was master again", same);
      });
      assert.ok(handOvers <= 1, `${handOvers} changes of the master: one that nobody named was master for a while`);
      assert.ok(!lost.some(({ key }) => key === last), `the last acknowledged key is lost, of ${lost.length}`);
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
      assert.deepEqual(await sentinelIds(group.contract), ids);
    }
  });
});
