import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { longestGap, median, reigns, spreadOfSeconds } from "../support/faults/figures";
import { drawTimeline } from "../support/faults/timeline";

describe("the figures of a fault", () => {
  it("the longest gap is the longest time between neighbours, however many there are", () => {
    assert.equal(longestGap([]), 0);
    assert.equal(longestGap([{ at: 5 }]), 0);
    assert.equal(longestGap([{ at: 5 }, { at: 7 }, { at: 107 }, { at: 110 }]), 100);
  });

  it("a master that goes and comes back as itself is no hand-over", () => {
    const seen = (node: string, role: "master" | "replica" | "down") => ({ node, role, at: 0 });
    assert.deepEqual(reigns([seen("a", "master"), seen("a", "down"), seen("b", "replica"), seen("a", "master")]), [
      "a",
    ]);
    assert.deepEqual(reigns([seen("a", "master"), seen("b", "master"), seen("a", "replica"), seen("a", "master")]), [
      "a",
      "b",
      "a",
    ]);
  });

  it("the median of an even number lies between the two in the middle", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 7]), 6);
  });

  it("one duration is told as it is, several with the middle and the worst", () => {
    assert.equal(spreadOfSeconds([1420]), "1.42 s");
    assert.equal(spreadOfSeconds([1000, 3000, 2000]), "median 2.00 s, at most 3.00 s");
  });
});

describe("the timeline of a fault", () => {
  const drawing = drawTimeline("A & B <killed>", "1 round; nothing lost", {
    from: 1000,
    to: 3000,
    acknowledged: [{ key: "a", at: 1010 }, ...Array.from({ length: 900 }, () => ({ key: "b", at: 2950 }))],
    confirmed: [],
    observations: [
      { node: "n-1", at: 1001, role: "master" },
      { node: "n-2", at: 1001, role: "replica" },
      { node: "n-1", at: 1500, role: "down" },
      { node: "n-2", at: 1900, role: "master" },
    ],
    marks: [
      { at: 1500, text: "n-1 killed" },
      { at: 1510, text: "a second mark at nearly the same time" },
    ],
    gapMs: 1940,
    lost: [],
    lostConfirmed: [],
    failed: {},
    handOvers: 1,
  });

  it("is well-formed, also with characters that mean something in XML", () => {
    assert.ok(drawing.includes("A &amp; B &lt;killed&gt;"));
    assert.doesNotMatch(drawing, /NaN|undefined|Infinity/);
    const open = drawing.match(/<[a-z]+[^>]*[^/]>/g)?.length ?? 0;
    assert.equal(drawing.match(/<\/[a-z]+>/g)?.length, open);
  });

  it("draws nothing outside of its frame", () => {
    const width = Number(/ width="(\d+)"/.exec(drawing)?.[1]);
    const rights = [...drawing.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(
      ([, x, w]) => Number(x) + Number(w),
    );
    assert.ok(rights.length > 5);
    assert.ok(Math.max(...rights) <= width);
  });

  it("puts marks that are close to each other on rows of their own", () => {
    const rows = ["n-1 killed", "a second mark"].map(
      (label) => new RegExp(`y="([\\d.]+)"[^>]*>${label}`).exec(drawing)?.[1],
    );
    assert.notEqual(rows[0], undefined);
    assert.notEqual(rows[0], rows[1]);
  });
});
