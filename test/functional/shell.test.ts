import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { nodeProgram } from "../../node/program";
import { requireProgram } from "../support/processes";

const folder = resolve(__dirname, "../../node");
const scripts = readdirSync(folder).filter((name) => name.endsWith(".sh"));

describe("the node's scripts", () => {
  it("are clean by shellcheck, as POSIX sh, apart and joined", function () {
    requireProgram("shellcheck");
    execFileSync("shellcheck", ["-s", "sh", ...scripts], { cwd: folder });
    const joined = spawnSync("shellcheck", ["-s", "sh", "-e", "SC1091,SC2034,SC2153,SC2154,SC2317", "-"], {
      input: nodeProgram(),
      encoding: "utf8",
    });
    assert.equal(joined.stdout, "");
  });

  it("define no function twice: joined into one program, the later would replace the other", () => {
    const program = nodeProgram();
    const names = [...program.matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name!);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    assert.deepEqual(twice, []);
  });
});
