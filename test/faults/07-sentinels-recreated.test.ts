import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { atMost, Fault, rounds, sentinelIds, SentinelWatch, sharedGroup } from "../support/faults";

const fault = new Fault(
  "07-sentinels-recreated",
  "Each Sentinel is removed, with its volume every other time, and made anew",
);

describe(fault.title, () => {
  after(() => fault.report());

  it("leaves no ghost: each knows exactly the others, and the quorum stands", async () => {
    const group = await sharedGroup();
    const ids = await sentinelIds(group.contract);
    for (let round = 0; round < rounds(10, 1); round += 1) {
      const watch = new SentinelWatch(group.contract);
      const { lost, handOvers } = await fault
        .round(group, async ({ mark }) => {
          for (const [index, { name }] of group.contract.sentinels.entries()) {
            const forgets = (round + index) % 2 === 1;
            mark(`${name} removed${forgets ? " with its state" : ""}`);
            await group.kill(name);
            if (forgets) {
              await group.emptyVolume(name);
            }
            await group.remove(name);
            await group.up();
          }
        })
        .finally(() => watch.stop());
      assert.deepEqual(watch.wrong, [], "a Sentinel knew too many others, or too few");
      assert.equal(
        watch.completeAfterMs.length,
        group.contract.sentinels.length,
        "Sentinels that became complete again",
      );
      watch.completeAfterMs.forEach((ms) => fault.measured("knows all others, with its quorum, after its start", ms));
      const slowest = Math.max(...watch.completeAfterMs);
      assert.ok(slowest <= atMost(15_000), `a Sentinel knew all others, with its quorum, only after ${slowest} ms`);
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
      assert.equal(handOvers, 0, "changes of the master");
      assert.deepEqual(await sentinelIds(group.contract), ids);
    }
  });
});
