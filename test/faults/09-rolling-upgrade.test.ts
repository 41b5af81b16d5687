import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { engine } from "../support/engine";
import { Fault, rounds, sharedGroup, STACK } from "../support/faults";
import { expectSuccess } from "../support/pulumiProject";

const fault = new Fault("09-rolling-upgrade", "`pulumi up` with another image");

const IMAGE = "redis:8.0.2";
/** The same server with another id, which is all that an upgrade looks at. */
const OTHER_IMAGE = "redis-faults:8.0.2";

describe(fault.title, () => {
  after(() => fault.report());
  after(async () => {
    await (await sharedGroup()).up();
    await engine.getImage(OTHER_IMAGE).remove({ force: true });
  });

  it("hands over once, loses nothing, and is done: a second `up` changes nothing", async () => {
    await makeOtherImage();
    const group = await sharedGroup();
    for (let round = 0; round < rounds(5, 1); round += 1) {
      const image = round % 2 === 0 ? OTHER_IMAGE : IMAGE;
      const { lost, lostConfirmed, failed, handOvers } = await fault.round(group, async ({ mark }) => {
        mark(`up with ${image}`);
        const from = performance.now();
        await group.up({ image });
        fault.measured("`up` took", performance.now() - from);
        mark("up is done");
      });
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
      assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      assert.deepEqual(failed, {}, "commands that were answered with an error");
      assert.equal(handOvers, 1, "changes of the master");
      expectSuccess(await group.project.up(STACK, "--refresh", "--expect-no-changes"));
    }
    fault.expectGaps({ medianMs: 1500, longestMs: 1500 });
  });
});

async function makeOtherImage(): Promise<void> {
  const made = await engine.createContainer({ Image: IMAGE });
  try {
    const [repo, tag] = OTHER_IMAGE.split(":");
    await made.commit({ repo, tag, changes: "LABEL redis-on-docker.test=another-id" });
  } finally {
    await made.remove();
  }
}
