import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { after, describe, it } from "mocha";
import { engine } from "../support/engine";
import { Fault, rounds, sharedGroup, type FaultGroup, type Round } from "../support/faults";
import { expectSuccess } from "../support/pulumiProject";

const anywhere = new Fault("11a-update-killed", "`pulumi up` is killed in the middle of replacing containers");
const creating = new Fault(
  "11b-killed-creating",
  "`pulumi up` is killed in the moment in which it creates a container",
);

/** About as long as a rolling replacement of six containers takes: what comes last is the hand-over. */
const LATEST_MS = 30_000;

describe("an update is killed", () => {
  after(() => anywhere.report());
  after(() => creating.report());
  after(async () => (await sharedGroup()).up());

  it("at a random moment: the next `npm run up` repairs what is half done, with all data", async () => {
    const group = await sharedGroup();
    const all = rounds(20, 2);
    for (let round = 0; round < all; round += 1) {
      // At random, yet in every part of an update.
      const killAfterMs = Math.round(((round + Math.random()) / all) * LATEST_MS);
      await killAndRepair(anywhere, group, 11 + (round % 2), async (mark) => {
        const killed = await group.upKilledAt(sleep(killAfterMs));
        mark(killed ? `killed after ${killAfterMs} ms` : "not killed: it was done");
      });
    }
  });

  it("in the moment in which it creates a container, of which Pulumi then knows nothing", async () => {
    const group = await sharedGroup();
    for (const [round, { name }] of [group.contract.sentinels[0]!, await group.master()]
      .slice(0, rounds(2, 1))
      .entries()) {
      await killAndRepair(creating, group, 13 + round, async (mark) => {
        const [made, stopListening] = await whenCreated(name);
        assert.ok(await group.upKilledAt(made).finally(stopListening), `the update ended without making ${name} anew`);
        mark(`killed as it created ${name}`);
      });
    }
  });
});

/**
 * One round: an update that replaces all containers is killed by `kill`, and the next one has to put it right.
 *
 * @param changed another `logMaxSizeMb` than is deployed.
 */
async function killAndRepair(
  fault: Fault,
  group: FaultGroup,
  changed: number,
  kill: (mark: Round["mark"]) => Promise<void>,
): Promise<void> {
  const { lost, lostConfirmed } = await fault.round(group, async ({ mark }) => {
    group.configure({ logMaxSizeMb: changed });
    mark("up");
    await kill(mark);
    const from = performance.now();
    expectSuccess(await group.command("up"));
    fault.measured("the next `up` took", performance.now() - from);
    mark("repaired");
  });
  assert.equal(lost.length, 0, "acknowledged writes that were lost");
  assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
  expectSuccess(await group.command("verify"));
}

/** Resolves in the moment in which the engine has a new container of this name. */
async function whenCreated(name: string): Promise<readonly [made: Promise<unknown>, stopListening: () => void]> {
  const events = (await engine.getEvents({
    filters: { type: ["container"], event: ["create"], container: [name] },
  })) as NodeJS.ReadableStream & { destroy(): void };
  return [once(events, "data"), () => events.destroy()];
}
