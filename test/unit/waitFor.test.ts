import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { holdsFor } from "../support/waitFor";

describe("what is to hold for a time", () => {
  it("is looked at all along, also at the end", async () => {
    const began = Date.now();
    let last = began;
    await holdsFor("the sky is up", 60, () => (last = Date.now()) > 0, { everyMs: 5 });
    assert.ok(last - began >= 60, `last look after ${last - began} ms`);
  });

  it("fails at the first look that shows something else, though it passes", async () => {
    let looks = 0;
    const blink = () => (looks += 1) !== 2;
    await assert.rejects(
      holdsFor("the light is on", 10_000, blink, { everyMs: 1 }),
      /^Error: did not hold: the light is on; after \d+ of 10000 ms$/,
    );
    assert.equal(looks, 2);
  });

  it("fails with the words of a check that cannot be made", async () => {
    const blind = () => Promise.reject(new Error("no answer"));
    await assert.rejects(
      holdsFor("the light is on", 10_000, blind),
      /the light is on; after \d+ of 10000 ms: no answer$/,
    );
  });
});
