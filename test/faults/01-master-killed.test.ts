import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { logsOf } from "../support/engine";
import { atMost, D, Fault, rounds, sharedGroup } from "../support/faults";

const restarted = new Fault("01a-server-killed", "The master's server process is killed, its container restarts");
const keptDown = new Fault("01b-container-killed", "The master's container is killed and stays down");

describe("the master is killed", () => {
  after(() => restarted.report());
  after(() => keptDown.report());

  it("its process: it asks for its own replacement at once, whatever down-after is", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(10, 2); round += 1) {
      const { lostConfirmed, handOvers, gapMs } = await restarted.round(group, async ({ mark, roles }) => {
        await group.promotable();
        const master = await group.master();
        const asked = async () => (await logsOf(master.name)).match(/ask for a failover, .*: OK/g)?.length ?? 0;
        const before = await asked();
        mark(`SIGKILL to the server of ${master.name}`);
        await group.signal(master.name, "redis-server", "SIGKILL");
        await roles.another(master.name, 15_000);
        assert.equal(await asked(), before + 1, `failovers that ${master.name} asked for`);
      });
      assert.ok(gapMs < D, `a gap of ${gapMs} ms: nobody did anything before the Sentinels saw the master down`);
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      assert.equal(handOvers, 1, "changes of the master");
    }
    restarted.expectGaps({ medianMs: 2000, longestMs: 3000 });
  });

  it("its container, for good: the Sentinels replace it after down-after", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(10, 1); round += 1) {
      const { lostConfirmed, handOvers } = await keptDown.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        mark(`${master.name} killed`);
        await group.kill(master.name);
        await roles.another(master.name, atMost(D + 2500));
        await load.more(200, 10);
        mark(`${master.name} started`);
        await group.start(master.name);
      });
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      assert.equal(handOvers, 1, "changes of the master");
    }
    keptDown.expectGaps({ medianMs: D + 1500, longestMs: D + 2500 });
  });
});
