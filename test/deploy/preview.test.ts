import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { marker } from "../../ops/preview/render";
import { leftovers } from "../support/engine";
import { committedSettings, PulumiProject, type Ended } from "../support/pulumiProject";

describe("npm run preview -- --markdown", () => {
  const project = new PulumiProject();
  const name = "pv-told";
  const ports = { name, redisPort: 21040, sentinelPort: 31040 };
  /** One that goes well, and one that breaks a mandatory rule; nothing is deployed for either. */
  let well: Ended;
  let broken: Ended;
  const file = join(project.folder, "preview.md");
  let written = "";

  before(async () => {
    await project.addStack("dev", { ...committedSettings("dev"), ...ports });
    await project.addStack("prod", { ...committedSettings("prod"), ...ports, dataVolumes: "delete" });
    [well, broken] = await Promise.all([
      project.command(["preview", "dev", "--refresh", "--markdown"]),
      project.command(["preview", "prod", `--markdown=${file}`]),
    ]);
    written = readFileSync(file, "utf8");
  });
  after(() => project.dispose());

  it("tells what the engine says a preview would do, and which policies it asked", () => {
    assert.equal(well.code, 0, well.output);
    assert.equal(well.stdout.split("\n")[0], marker("dev"));
    assert.match(well.stdout, /^\*\*\d+ to create\*\*$/m);
    assert.match(well.stdout, /^\*\*Interruption: none\.\*\* The deployment is new\.$/m);
    assert.match(well.stdout, /^\| created \| `pv-told-master`, `pv-told-replica-1`, .*`pv-told-sentinel-3` \|/m);
    assert.match(well.stdout, /<sub>The policies were checked\./);
    assert.doesNotMatch(well.stdout, /Polic(y|ies) that/);
  });

  it("tells of a violated policy, and fails", () => {
    assert.notEqual(broken.code, 0, broken.output);
    assert.equal(written.split("\n")[0], marker("prod"));
    assert.match(written, /^## Preview of `prod` failed$/m);
    assert.match(written, /^> \*\*The preview failed: a mandatory policy is violated\.\*\*/m);
    assert.match(written, /^### Policies that are violated\n\n- \*\*`data-kept`\*\*: .*dataVolumes is delete/m);
    assert.match(written, /^### Policies that advise otherwise\n\n- \*\*`image-digest`\*\*: /m);
    // Who looks at the terminal learns why, too.
    assert.equal(broken.stdout, "");
    assert.match(broken.output, /^data-kept: .*dataVolumes is delete/m);
  });

  it("names no file of this machine, and makes nothing", async () => {
    for (const text of [well.stdout, written]) {
      assert.doesNotMatch(text, /\/(tmp|home|root|work)\//);
    }
    assert.deepEqual(await leftovers(name), []);
  });
});
