import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { Fault, rounds, sharedGroup, shuffled } from "../support/faults";
import { waitFor } from "../support/waitFor";

const fault = new Fault("05-last-master-gone", "All containers are killed, and the last master does not come back");

/** How long the group may be silent about it. */
const SAYS_SO_MS = 60_000;

describe(fault.title, () => {
  after(() => fault.report());

  it("another node is promoted with its data, or `status` says within a minute what is missing", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(5, 1); round += 1) {
      let killedAt = 0;
      const { lost, lostConfirmed } = await fault.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        mark("all containers killed");
        killedAt = performance.now();
        await group.kill(...group.members.map(({ name }) => name));
        const others = group.members.filter(({ name }) => name !== master.name);
        mark(`all but ${master.name} started`);
        const startedAt = performance.now();
        await group.start(...shuffled(others.map(({ name }) => name)));
        const outcome = await waitFor(
          "another master, or a word on what is missing",
          async () => {
            if (roles.masters().some((name) => name !== master.name)) {
              return "another master";
            }
            const { code, output } = await group.command("status");
            return code !== 0 && output.includes("takes no writes") && output.includes(master.name)
              ? "status says so"
              : undefined;
          },
          { timeoutMs: SAYS_SO_MS, everyMs: 500 },
        );
        fault.measured(`${outcome} after`, performance.now() - startedAt);
        if (outcome === "another master") {
          await load.more(200, 0);
        }
        mark(`${master.name} started`);
        await group.start(master.name);
      });
      // The containers do not die in the same instant: what the master took last, one replica may have, or none.
      const older = [...lost, ...lostConfirmed].filter(({ at }) => at < killedAt);
      assert.equal(older.length, 0, "writes that were lost, though acknowledged before anything was killed");
    }
  });
});
