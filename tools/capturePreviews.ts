import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { policyPackOptions } from "../ops/policyPack";
import { STREAMED } from "../ops/preview/events";
import { previewFrom, type PreviewRun } from "../ops/preview/read";
import { renderPreview } from "../ops/preview/render";
import { container } from "../test/support/engine";
import { previewFolder, previewNames, storedPreview, storedText } from "../test/support/previews";
import { expectSuccess, PulumiProject } from "../test/support/pulumiProject";
import { needsOf } from "../toolchain/commands.mjs";
import { environment } from "../toolchain/environment.mjs";
import { ensure } from "../toolchain/setup.mjs";
import { prunedEvents } from "./prunedEvents";

/**
 * Makes the previews that the tests of the renderer read, on a real engine, and the Markdown that they expect:
 *
 *     node --import tsx tools/capturePreviews.ts              # some minutes
 *     node --import tsx tools/capturePreviews.ts image create # only these
 *     node --import tsx tools/capturePreviews.ts --render     # only the Markdown, from the previews that are there
 *
 * It deploys `pv-cache` on the ports 21000 to 21009 and 31000 to 31009, in a stack of its own that nobody else sees, and
 * removes it again. It needs the images redis:7.0.15 and redis:8.0.2 (`npm run image`). Run it when what the engine says
 * in a preview has changed, and read what it wrote: it is what the tests then hold to be right.
 */

const settings = {
  name: "pv-cache",
  redisPort: 21000,
  sentinelPort: 31000,
  image: "redis:7.0.15",
  downAfterMs: 2000,
  dataVolumes: "delete",
};

type Settings = Readonly<Record<string, unknown>>;

async function captureAll(wanted: readonly string[]): Promise<void> {
  const project = new PulumiProject();
  const PREVIEW = ["preview", ...policyPackOptions()];
  const capture = async (name: string, given: Settings, command: readonly string[] = PREVIEW, stack = "dev") => {
    if (wanted.length > 0 && !wanted.includes(name)) {
      return;
    }
    project.configure(stack, given);
    const { code, stdout, output } = await project.pulumi([...command, "--json", "--stack", stack], STREAMED);
    store(name, { stack, exitCode: code ?? 1, stdout, stderr: output.replace(stdout, "") });
  };
  const deploy = async (given: Settings) => {
    project.configure("dev", given);
    expectSuccess(await project.up("dev", "--refresh"));
  };

  try {
    await project.addStack("dev", settings);
    await project.addStack("prod", settings);
    await capture("create", settings);
    await capture("bad-setting", { ...settings, quorum: 7, minReplicasToWrite: 5 });
    await capture("bad-type", { ...settings, quorum: "many" });
    await capture("policy", settings, PREVIEW, "prod");

    await deploy(settings);
    await capture("no-change", settings);
    await capture("image", { ...settings, image: "redis:8.0.2" });
    await capture("live-setting", { ...settings, maxmemoryMb: 64, quorum: 3 });
    await capture("memory-limit", { ...settings, memoryLimitMb: 128 });
    await capture("master-name", { ...settings, masterName: "other" });
    await capture("sentinel-port", { ...settings, sentinelPort: 31100 });
    await capture("rotation", { ...settings, rotations: ["app:1+previous"] });
    await capture("rotation-without-overlap", { ...settings, rotations: ["app:1"] });
    await capture("scale-up", { ...settings, replicas: 3 });
    await capture("scale-down", { ...settings, replicas: 1 });
    await container("pv-cache-replica-2").remove({ force: true });
    await container("pv-cache-sentinel-3").stop();
    await capture("lost", settings, [...PREVIEW, "--refresh"]);
    await deploy(settings);
    await capture("several", { ...settings, image: "redis:8.0.2", replicas: 1, maxmemoryMb: 64, memoryLimitMb: 128 });
    await capture("destroy", settings, ["destroy", "--preview-only"]);

    const kept = { ...settings, dataVolumes: "keep", topology: "replication" };
    await deploy(kept);
    await capture("scale-down-kept", { ...kept, replicas: 1 });
    await capture("image-without-sentinels", { ...kept, image: "redis:8.0.2" });
    const guarded = { ...kept, dataVolumes: "protect" };
    await deploy(guarded);
    await capture("scale-down-protected", { ...guarded, replicas: 1 });
  } finally {
    await project.dispose();
  }
}

/** Keeps what is read of a preview, after a look that nothing of it is missing. */
function store(name: string, run: PreviewRun): void {
  const { stdout, ...rest } = run;
  mkdirSync(previewFolder, { recursive: true });
  writeFileSync(join(previewFolder, `${name}.json`), storedText({ ...rest, events: prunedEvents(stdout) }));
  assert.deepEqual(previewFrom(storedPreview(name)), previewFrom(run), `${name}: more is read than is kept`);
  render(name);
  console.log(`${name}: exit code ${run.exitCode}`);
}

function render(name: string): void {
  writeFileSync(join(previewFolder, `${name}.md`), renderPreview(previewFrom(storedPreview(name))));
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  if (words.includes("--render")) {
    previewNames().forEach(render);
    return;
  }
  const context = { env: process.env, offline: true, image: settings.image, found: {} };
  await ensure(context, needsOf("preview", []), "tools/capturePreviews.ts");
  Object.assign(process.env, environment(process.env, Object.values(context.found)));
  await captureAll(words);
}

void main();
