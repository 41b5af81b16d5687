import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "mocha";

describe("the end of a command", function () {
  this.timeout(60_000);

  it("comes with its exit code and all that it printed, also when something was left open", () => {
    const program = `
      const { createServer } = require("node:net");
      const { endAnyway } = require(${JSON.stringify(join(process.cwd(), "ops", "ending.ts"))});
      createServer().listen(0, "127.0.0.1");
      process.exitCode = 7;
      process.stdout.write("x".repeat(1_000_000));
      endAnyway();
    `;
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--eval", program], {
      encoding: "utf8",
      timeout: 50_000,
      maxBuffer: 10_000_000,
    });
    assert.equal(signal, null, "it had to be ended from outside");
    assert.equal(status, 7, stderr);
    assert.equal(stdout.length, 1_000_000);
  });
});
