import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { CopiedClone } from "../support/copiedClone";
import { commandBlocks, pages, SCENES } from "../support/docsBlocks";
import { missingLines, sessionSteps } from "../support/docsSession";
import { engine, leftovers } from "../support/engine";
import { expectSuccess } from "../support/pulumiProject";
import { skipBecause } from "../support/skipBecause";

const root = join(__dirname, "..", "..");
const blocks = pages().flatMap((page) => commandBlocks(page, readFileSync(join(root, page), "utf8")));

/** The commands of the pages, typed as they stand into a clone in which nothing is deployed. */
describe("the commands in the documentation", () => {
  let clone: CopiedClone | undefined;
  /** The block that failed: those after it would fail for its reason. */
  let broken = "";

  before(async function () {
    const names = (await engine.listContainers({ all: true })).flatMap(({ Names }) => Names);
    const taken = names.filter((name) => /^\/redis-(master|replica|sentinel)(-\d+)?$/.test(name));
    if (taken.length > 0) {
      skipBecause(this, `${taken[0]!.slice(1)} is on this engine, and what has the names of the pages is left alone`);
    }
    clone = new CopiedClone();
  });
  after(() => clone?.dispose("dev"));

  for (const scene of SCENES) {
    for (const { page, line, code, isSession } of blocks.filter(
      ({ mark }) => mark?.kind === "run" && mark.text === scene,
    )) {
      const place = `${page}:${line}`;
      it(`${scene}: ${place}`, async function () {
        if (broken !== "") {
          skipBecause(this, `after ${broken} failed`);
        }
        broken = place;
        if (isSession) {
          for (const { command, shown } of sessionSteps(code)) {
            const { output } = expectSuccess(await clone!.bash(command));
            assert.deepEqual(missingLines(shown, output), [], `"${command}" printed no such lines, but:\n${output}`);
          }
        } else {
          expectSuccess(await clone!.bash(code));
        }
        broken = "";
      });
    }
  }

  it("leave nothing behind", async function () {
    if (broken !== "") {
      skipBecause(this, `after ${broken} failed`);
    }
    assert.deepEqual(await leftovers("redis"), []);
  });
});
