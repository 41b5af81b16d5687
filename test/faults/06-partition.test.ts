import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { atMost, CutOffClient, Cable, Fault, rounds, sharedGroup } from "../support/faults";
import { waitFor } from "../support/waitFor";

const fault = new Fault("06-partition", "The master and one client are cut off from all others");

/** The fence: a master without a replica heard of within this many seconds takes no write. */
const MAX_LAG_S = 2;
const REFUSES_AFTER_MS = (MAX_LAG_S + 2) * 1000;

describe(fault.title, () => {
  before(function () {
    if (process.getuid?.() !== 0) {
      console.log("  a network partition: only root can unplug a container's network");
      this.skip();
    }
  });
  after(() => fault.report());
  after(async () => (await sharedGroup()).up());

  it("the cut-off side stops taking writes, and after healing there is one master", async () => {
    const group = await sharedGroup();
    await group.up({ minReplicasToWrite: 1, minReplicasMaxLagS: MAX_LAG_S });
    for (let round = 0; round < rounds(5, 1); round += 1) {
      let cutAt = 0;
      const { lost, lostConfirmed } = await fault.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        const cable = await Cable.of(master.name);
        const client = await CutOffClient.beside(master.name, group.contract.users.app!, `cut-off-${round}`);
        try {
          await waitFor("the client beside the master to write", () => client.acknowledged.length > 20);
          mark(`${master.name} cut off`);
          cutAt = performance.now();
          cable.cut();
          await roles.another(master.name, 40_000);
          await load.more(500, 10);
          // The cut-off side was watched for longer than it may take writes.
          await waitFor(
            "the cut-off side to have refused writes for a while",
            () => client.refusedSince(cutAt + atMost(REFUSES_AFTER_MS)) > 20,
            { timeoutMs: 40_000 },
          );
          mark("healed");
          const healedAt = performance.now();
          cable.mend();
          await waitFor("one master", () => roles.masters().length === 1 && roles.roleOf(master.name) === "replica", {
            timeoutMs: atMost(30_000),
          });
          fault.measured("one master after healing", performance.now() - healedAt);
        } finally {
          cable.mend();
          await client.stop();
        }
        const lastTaken = Math.max(cutAt, ...client.acknowledged) - cutAt;
        fault.measured("the cut-off side took writes for", lastTaken);
        assert.ok(lastTaken <= atMost(REFUSES_AFTER_MS), `the cut-off side took a write ${lastTaken} ms after the cut`);
      });
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      const window = Math.max(0, ...lost.map(({ at }) => at - cutAt));
      fault.measured("the last lost write of the clients outside was acknowledged, after the cut", window);
      assert.ok(window <= atMost(REFUSES_AFTER_MS), `a lost write was acknowledged ${window} ms after the cut`);
    }
  });
});
