import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { combinations, pairsOf, pairwise } from "../support/pairwise";

type Row = Readonly<Record<string, number>>;

const dimensions = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 })
  .map((sizes) =>
    Object.fromEntries(sizes.map((size, at) => [`dimension-${at}`, Array.from({ length: size }, (_, value) => value)])),
  );

describe("pairwise combinations", () => {
  it("have every pair that is in any allowed combination, and only allowed ones, none twice", () => {
    fc.assert(
      fc.property(dimensions, fc.func(fc.boolean()), (given, allowed) => {
        const fits = (row: Row) => allowed(row);
        const rows = pairwise<Row>(given, fits);
        assert.ok(rows.every(fits));
        const wanted = combinations<Row>(given).filter(fits);
        assert.deepEqual(new Set(rows.flatMap(pairsOf)), new Set(wanted.flatMap(pairsOf)));
        assert.equal(new Set(rows.map((row) => JSON.stringify(row))).size, rows.length);
      }),
    );
  });

  it("are few: of three dimensions with four values each, about as many as two of them have together", () => {
    const values = [1, 2, 3, 4];
    const count = pairwise<Row>({ a: values, b: values, c: values }).length;
    assert.ok(count >= 16 && count <= 20, `${count} of 64`);
  });
});
