import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { container } from "../support/engine";
import { Fault, rounds, sharedGroup, type RoundRecord } from "../support/faults";

const stopped = new Fault("02a-master-stopped", "The master's container is stopped with `docker stop`");
const replaced = new Fault("02b-master-replaced", "`pulumi up` replaces all containers, the master last");

/** A planned end of the master: the client may notice it by reconnecting, and by nothing else. */
function expectNothingLost({ lost, lostConfirmed, failed, handOvers }: RoundRecord): void {
  assert.equal(lost.length, 0, "acknowledged writes that were lost");
  assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
  assert.deepEqual(failed, {}, "commands that were answered with an error");
  assert.equal(handOvers, 1, "changes of the master");
}

const PROMISED = { medianMs: 600, longestMs: 1500 };

describe("the master is stopped on purpose", () => {
  after(() => stopped.report());
  after(() => replaced.report());

  it("`docker stop`: it hands its role over first", async () => {
    const group = await sharedGroup();
    for (let round = 0; round < rounds(10, 2); round += 1) {
      const record = await stopped.round(group, async ({ mark, load }) => {
        const master = await group.master();
        mark(`${master.name} told to stop`);
        await container(master.name).stop({ t: 30 });
        mark("stopped");
        await load.more(200, 10);
        mark("started");
        await group.start(master.name);
      });
      expectNothingLost(record);
    }
    stopped.expectGaps(PROMISED);
  });

  it("`pulumi up`: so does one that is replaced", async () => {
    const group = await sharedGroup();
    try {
      for (let round = 0; round < rounds(10, 1); round += 1) {
        const record = await replaced.round(group, async ({ mark }) => {
          mark("up");
          await group.up({ logMaxSizeMb: 11 + (round % 2) });
          mark("up is done");
        });
        expectNothingLost(record);
      }
      replaced.expectGaps(PROMISED);
    } finally {
      await group.up();
    }
  });
});
