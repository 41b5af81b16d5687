import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { Fault, rounds, sharedGroup } from "../support/faults";
import { expectSuccess } from "../support/pulumiProject";

const fault = new Fault("11-update-killed", "`pulumi up` is killed in the middle of replacing containers");

/** About as long as a rolling replacement of six containers takes: what comes last is the hand-over. */
const LATEST_MS = 40_000;

describe(fault.title, () => {
  after(() => fault.report());
  after(async () => (await sharedGroup()).up());

  it("the next `npm run up` repairs what is half done, with all data", async () => {
    const group = await sharedGroup();
    const all = rounds(20, 2);
    for (let round = 0; round < all; round += 1) {
      // At random, yet in every part of an update.
      const killAfterMs = ((round + Math.random()) / all) * LATEST_MS;
      const { lost, lostConfirmed } = await fault.round(group, async ({ mark }) => {
        group.configure({ logMaxSizeMb: 11 + (round % 2) });
        mark("up");
        await group.upKilledAfter(killAfterMs);
        mark(`killed after ${(killAfterMs / 1000).toFixed(1)} s; up again`);
        const from = performance.now();
        expectSuccess(await group.command("up"));
        fault.measured("the next `up` took", performance.now() - from);
        mark("repaired");
      });
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      expectSuccess(await group.command("verify"));
    }
  });
});
