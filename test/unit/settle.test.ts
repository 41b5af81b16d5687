import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { MemberState } from "../../changes/look";
import { tellUntilCurrent } from "../../changes/settle";
import { reasonOf } from "../../config/reason";

type Settings = MemberState["settings"];

const state = (name: string, settings: Settings) =>
  ({ member: { name }, settings, strangers: [] }) as unknown as MemberState;

/** @param looks what a master, a replica and a Sentinel show at each look; the last one goes on. */
async function settle(...looks: readonly (readonly [Settings, Settings, Settings])[]) {
  const said: string[] = [];
  let looked = 0;
  let told = 0;
  const states = tellUntilCurrent({
    look: () => {
      const [master, replica, sentinel] = looks[Math.min(looked, looks.length - 1)]!;
      looked += 1;
      return Promise.resolve([
        state("redis-master", master),
        state("redis-replica-1", replica),
        state("redis-sentinel-1", sentinel),
      ]);
    },
    tell: () => {
      told += 1;
      return Promise.resolve();
    },
    say: (line) => said.push(`${line} (after ${looked} looks)`),
  });
  const refusal = await states.then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  );
  return { refusal, told, said };
}

describe("settings that running members are told", () => {
  it("are not told to members that have them", async () => {
    assert.deepEqual(await settle(["current", "current", "current"]), { refusal: undefined, told: 0, said: [] });
  });

  it("are said to be there only when a look has shown it", async () => {
    const { refusal, told, said } = await settle(
      ["old", "old", "old"],
      ["current", "old", "current"],
      ["current", "current", "current"],
    );
    assert.equal(refusal, undefined);
    assert.equal(told, 2);
    assert.deepEqual(said, ["the members have the changed settings; none was restarted for them (after 3 looks)"]);
  });

  it("fail the update when members that answer do not have them in the end: who, and what to do", async () => {
    const { refusal, told, said } = await settle(["old", "old", "current"]);
    assert.match(
      refusal ?? "",
      /^redis-master, redis-replica-1 still have the settings of before.*npm run logs -- redis-master;.*`npm run up` again\.$/,
    );
    assert.equal(told, 3);
    assert.deepEqual(said, []);
  });

  it("wait for nobody who is down or still starting: that is for the checks to report", async () => {
    assert.deepEqual(await settle(["current", "current", "unknown"]), { refusal: undefined, told: 0, said: [] });
    const { refusal, said } = await settle(["old", "old", "unknown"], ["current", "current", "unknown"]);
    assert.equal(refusal, undefined);
    assert.deepEqual(said, [
      "the members that answer have the changed settings; none was restarted for them (after 2 looks)",
    ]);
  });
});
