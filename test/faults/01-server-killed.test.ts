import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { waitFor } from "../support/waitFor";
import { Fault, median, rounds, sharedGroup } from "../support/faults";

const fault = new Fault("01-server-killed", "The master's server process is killed, its container restarts");

describe(fault.title, () => {
  after(() => fault.report());

  it("hands its role over at once, whatever down-after is, and loses nothing that a replica confirmed", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(10, 2); round += 1) {
      const { lostConfirmed, handOvers } = await fault.round(group, async ({ mark, roles }) => {
        const master = await group.master();
        mark(`SIGKILL to the server of ${master.name}`);
        await group.signal(master.name, "redis-server", "SIGKILL");
        await waitFor("another master", () => roles.masters().some((name) => name !== master.name), {
          timeoutMs: 15_000,
        });
      });
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      assert.equal(handOvers, 1, "changes of the master");
    }
    const gaps = fault.records.map(({ gapMs }) => gapMs);
    // Sentinel alone would need D and more, that is above 5 s.
    assert.ok(median(gaps) <= 3000, `median of the longest gaps: ${median(gaps)} ms`);
    assert.ok(Math.max(...gaps) <= 4500, `the longest of all gaps: ${Math.max(...gaps)} ms`);
  });
});
