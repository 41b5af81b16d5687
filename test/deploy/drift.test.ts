import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { container } from "../support/engine";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";

/** Ports and names of their own, so that a deployment of a user on this engine is left alone. */
const settings = {
  name: "drift",
  redisPort: 18380,
  sentinelPort: 28379,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 30,
};

describe("drift", () => {
  const project = new PulumiProject();
  before(async () => {
    await project.addStack("drift", settings);
    expectSuccess(await project.up("drift"));
  });
  after(() => project.dispose());

  const harm = {
    stopped: (name: string) => container(name).stop(),
    killed: (name: string) => container(name).kill(),
    removed: (name: string) => container(name).remove({ force: true }),
  };
  for (const [how, doIt] of Object.entries(harm)) {
    for (const name of ["drift-replica-1", "drift-sentinel-2"]) {
      it(`a container that was ${how} (${name}) fails a plain up with the way out, and \`npm run up\` brings it back`, async () => {
        await doIt(name);
        project.configure("drift", { ...settings, checkTimeoutS: 5 });
        const plain = await project.up("drift");
        assert.notEqual(plain.code, 0, "the update passed with a member missing");
        assert.match(plain.output, new RegExp(`${name} .*(stopped|gone|refused)`));
        assert.match(plain.output, /pulumi up --refresh/);
        assert.doesNotMatch(plain.output, /^\s+at .*\.ts:\d+/m, "a stack trace was shown");
        project.configure("drift", settings);
        expectSuccess(await project.command(["up", "drift"]));
        assert.equal((await container(name).inspect()).State.Running, true);
      });
    }
  }

  it("a paused container fails the checks, which name it and say what to do", async () => {
    await container("drift-sentinel-1").pause();
    try {
      project.configure("drift", { ...settings, checkTimeoutS: 5 });
      const { code, output } = await project.up("drift");
      assert.notEqual(code, 0);
      assert.match(output, /drift-sentinel-1/);
      assert.match(output, /docker unpause drift-sentinel-1/);
    } finally {
      await container("drift-sentinel-1").unpause();
    }
    project.configure("drift", settings);
    expectSuccess(await project.up("drift"));
  });
});
