import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { nodeProgram } from "../../node/program";
import { survive } from "./cases";
import { seed } from "./servers";
import type { Group } from "../support/processes";

/** Redis loads an append-only file as the user `default`, and checks its rights at each transaction's end. */
function withoutRightsOfTheLoader(group: Group): void {
  const bound = nodeProgram().replace(/^LOADER=.*$/m, "LOADER='default reset off'");
  assert.notEqual(bound, nodeProgram(), "the node's program gives the loader its rights in another way");
  group.nodes.forEach((node) => writeFileSync(node.program, bound));
}

describe("the comparison with what was told", function () {
  this.timeout(120_000);

  it("names the keys and the commands that are lost where the server's own loader has no rights", async () => {
    const lossy = { persistence: "append-only file", version: "redis-8.0", way: "a single node restarted" } as const;
    const failure = await survive(lossy, seed, { steps: 10, largest: 1 }, { prepare: withoutRightsOfTheLoader }).then(
      () => assert.fail("nothing was lost"),
      (error: unknown) => String(error),
    );
    assert.match(failure, /redis-master does not hold what it was told: \d+ keys differ/);
    assert.match(failure, /\n +key "[^"]+" of database \d+ is missing; it is to hold \[/);
    assert.match(failure, /\n +(transaction|script|function) in database \d+: /);
    const [, count] = /(\d+) keys differ/.exec(failure)!;
    assert.ok(Number(count) > 100, `${count} keys differ`);
  });
});
