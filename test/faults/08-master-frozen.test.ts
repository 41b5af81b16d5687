import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import { container } from "../support/engine";
import { atMost, D, Fault, rounds, sharedGroup, WriteProbe } from "../support/faults";
import { waitFor } from "../support/waitFor";

const short = new Fault("08a-frozen-briefly", "The master is frozen for less than down-after");
const long = new Fault("08b-frozen-long", "The master's server is frozen until it is replaced");
const paused = new Fault("08c-container-paused", "The master's whole container stands still until it is replaced");

/** A master that does not answer is looked after by its own container about this often. */
const LOOKS_AROUND_MS = 2500;
/** A container that stood still looks around as soon as it goes on; left alone, Sentinel demotes it after 8 s or more. */
const GIVES_WAY_MS = 2000;

describe("the master is frozen", () => {
  after(() => short.report());
  after(() => long.report());
  after(() => paused.report());

  it("for less than down-after: nothing happens", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(3, 1); round += 1) {
      const { lost, handOvers } = await short.round(group, async ({ mark, load }) => {
        const master = await group.master();
        mark(`${master.name} frozen`);
        await group.signal(master.name, "redis-server", "SIGSTOP");
        await sleep(D / 2);
        mark("thawed");
        await group.signal(master.name, "redis-server", "SIGCONT");
        await load.more(500, 10);
      });
      assert.equal(handOvers, 0, "changes of the master");
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
    }
  });

  it("for longer: it is replaced, and takes no write when it is thawed", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(3, 1); round += 1) {
      const { lostConfirmed } = await long.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        const probe = new WriteProbe(master, accessOf(group.contract, "admin"), `frozen-${round}`);
        try {
          mark(`${master.name} frozen`);
          await group.signal(master.name, "redis-server", "SIGSTOP");
          await roles.another(master.name, atMost(D + 5000));
          // Thawed in the very moment of its replacement, it would take writes until it has looked around.
          await sleep(atMost(LOOKS_AROUND_MS));
          await load.more(500, 10);
          const thawedAt = performance.now();
          mark("thawed");
          await group.thaw(master.name);
          await waitFor(`${master.name} in sync`, () => roles.roleOf(master.name) === "replica", {
            timeoutMs: atMost(20_000),
          });
          long.measured("in sync after", performance.now() - thawedAt);
          const taken = probe.accepted.filter((at) => at >= thawedAt);
          assert.equal(taken.length, 0, "writes that the thawed master took");
        } finally {
          probe.stop();
        }
      });
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
    }
  });

  it("with its whole container: it gives way at once when it goes on", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(3, 1); round += 1) {
      const { lostConfirmed } = await paused.round(group, async ({ mark, roles, load }) => {
        const master = await group.master();
        const probe = new WriteProbe(master, accessOf(group.contract, "admin"), `paused-${round}`);
        try {
          await waitFor("the first write of the probe", () => probe.accepted.length > 0);
          mark(`${master.name} stands still`);
          await container(master.name).pause();
          await roles.another(master.name, atMost(D + 5000));
          await load.more(500, 10);
          const resumedAt = performance.now();
          mark("goes on");
          await container(master.name).unpause();
          await waitFor(`${master.name} in sync`, () => roles.roleOf(master.name) === "replica", {
            timeoutMs: atMost(20_000),
          });
          const lastTaken = Math.max(resumedAt, ...probe.accepted) - resumedAt;
          paused.measured("took writes for, after it went on", lastTaken);
          assert.ok(lastTaken <= atMost(GIVES_WAY_MS), `it took a write ${lastTaken} ms after it went on`);
        } finally {
          probe.stop();
        }
      });
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
    }
  });
});
