import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { groupClient } from "../../checks/connections";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import { healthIn } from "../../engine/survey";
import type { Contract } from "../../outputs/contract";
import { engine } from "../support/engine";
import { GroupWatch } from "../support/groupWatch";
import { PatientWriter } from "../support/patientWriter";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

const quick = { downAfterMs: 1000, failoverTimeoutMs: 10_000, dataVolumes: "delete", checkTimeoutS: 40 };
const underSentinel = { ...quick, name: "rolling", redisPort: 19180, sentinelPort: 29179 };
const withoutSentinel = { ...quick, name: "rolling-plain", topology: "replication", replicas: 1, redisPort: 19240 };

const containersOf = (deployment: string) =>
  engine.listContainers({ all: true, filters: { label: [`${DEPLOYMENT_LABEL}=${deployment}`] } });

/** Ids of a deployment's containers, by name. */
async function containerIds(deployment: string): Promise<Readonly<Record<string, string>>> {
  const containers = await containersOf(deployment);
  return Object.fromEntries(containers.map(({ Id, Names }) => [Names[0]!.slice(1), Id]));
}

/** A member whose health check has not passed yet goes first, and whose that is differs from run to run. */
const allHealthy = (deployment: string): Promise<boolean> =>
  waitFor(
    "all containers to be healthy",
    async () => {
      const containers = await containersOf(deployment);
      return containers.every(({ Status }) => healthIn(Status) === "healthy");
    },
    { timeoutMs: 60_000 },
  );

interface Watched {
  readonly ended: Ended;
  readonly watch: GroupWatch;
  readonly contract: Contract;
}

/** An update under load; every write that was acknowledged has to be there afterwards. */
async function upUnderLoad(project: PulumiProject, stack: string, ...options: readonly string[]): Promise<Watched> {
  const contract = await project.contract(stack);
  const writer = new PatientWriter(contract, `rolling:${Date.now()}`);
  const watch = await GroupWatch.begin(contract);
  try {
    const started = performance.now();
    const ended = await project.up(stack, ...options);
    const tookS = (performance.now() - started) / 1000;
    await writer.stop();
    const now = await project.contract(stack);
    const client = groupClient(now);
    const missing = await writer.missing(client);
    client.disconnect();
    console.log(
      `      ${stack}: ${tookS.toFixed(1)} s, ${writer.acknowledged.length} writes, longest gap ${writer.longestGapMs} ms, ${missing.length} lost, masters ${watch.masters.join(" -> ")}`,
    );
    assert.deepEqual(
      missing,
      [],
      `acknowledged writes were lost, of ${writer.acknowledged.at(-1)?.key}\n${watch.words}`,
    );
    return { ended, watch, contract: now };
  } finally {
    watch.end();
    await writer.stop();
  }
}

describe("a rolling change under Sentinel", () => {
  const project = new PulumiProject();
  before(async () => {
    await project.addStack("rolling", underSentinel);
    expectSuccess(await project.up("rolling"));
  });
  after(() => project.dispose());

  it("says in a preview in which order it would go", async () => {
    await allHealthy("rolling");
    project.configure("rolling", { ...underSentinel, logMaxSizeMb: 11 });
    const { output } = expectSuccess(await project.preview("rolling"));
    assert.match(
      output,
      /Replaces 6 containers, one at a time: rolling-replica-1, rolling-replica-2, rolling-sentinel-1, rolling-sentinel-2, rolling-sentinel-3, then rolling-master, the master now, which hands over first\./,
    );
  });

  it("replaces one container at a time, the master last, with one hand-over, and no acknowledged write is lost", async () => {
    const { ended, watch } = await upUnderLoad(project, "rolling");
    expectSuccess(ended);
    assert.deepEqual(watch.started, [
      "rolling-replica-1",
      "rolling-replica-2",
      "rolling-sentinel-1",
      "rolling-sentinel-2",
      "rolling-sentinel-3",
      "rolling-master",
    ]);
    assert.equal(watch.mostAway, 1, "two containers were away at the same time");
    assert.equal(watch.masters.length, 2, `the masters were ${watch.masters.join(", ")}`);
    const started = performance.now();
    const again = expectSuccess(await project.up("rolling", "--expect-no-changes"));
    console.log(`      an update without changes: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    assert.doesNotMatch(again.output, /Replaces/);
  });

  it("replaces one at a time, the master last, also for a reason that the program does not know", async () => {
    const { ended, watch, contract } = await upUnderLoad(project, "rolling", "--replace", "**Container::**");
    expectSuccess(ended);
    assert.equal(watch.started.length, contract.nodes.length + contract.sentinels.length);
    assert.equal(watch.mostAway, 1, "two containers were away at the same time");
    assert.equal(watch.masters.length, 2, `the masters were ${watch.masters.join(", ")}`);
    assert.equal(watch.started.at(-1), watch.masters[0]);
  });

  it("stops at a replica that does not come back: it says why, and nobody else is touched", async () => {
    const before = await containerIds("rolling");
    project.configure("rolling", {
      ...underSentinel,
      logMaxSizeMb: 11,
      checkTimeoutS: 10,
      extraRedisConf: ["io-threads 9999"],
    });
    const { ended, watch } = await upUnderLoad(project, "rolling");
    assert.notEqual(ended.code, 0);
    const [victim] = [...new Set(watch.started)];
    assert.match(
      ended.output,
      new RegExp(
        `error: ${victim} was replaced and did not come back within \\d+ s: it does not answer .*>>> 'io-threads 9999' .*The update stopped there: rolling-\\S+ is the master and serves; not touched: .*npm run up`,
      ),
    );
    assert.doesNotMatch(ended.output, /^\s+at .*\.ts:\d+/m, "a stack trace was shown");
    assert.equal(ended.output.match(/error: .*did not come back/g)?.length, 2, "said while it runs, and at the end");
    const now = await containerIds("rolling");
    assert.deepEqual(
      Object.keys(before).filter((name) => now[name] !== before[name]),
      [victim],
    );
    assert.equal(watch.masters.length, 1, `the masters were ${watch.masters.join(", ")}`);
  });

  it("is finished by the next update, once the setting is right", async () => {
    const before = await containerIds("rolling");
    project.configure("rolling", { ...underSentinel, logMaxSizeMb: 11, extraRedisConf: ["io-threads 1"] });
    const { ended, watch } = await upUnderLoad(project, "rolling");
    expectSuccess(ended);
    const now = await containerIds("rolling");
    assert.deepEqual(
      Object.keys(before)
        .filter((name) => now[name] !== before[name])
        .sort(),
      ["rolling-master", "rolling-replica-1", "rolling-replica-2"],
      "the Sentinels have nothing of this setting",
    );
    assert.equal(watch.masters.length, 2, `the masters were ${watch.masters.join(", ")}`);
    expectSuccess(await project.up("rolling", "--expect-no-changes"));
  });
});

describe("a rolling change without Sentinels", () => {
  const project = new PulumiProject();
  after(() => project.dispose());

  it("hands over by itself before the master is replaced, without a lost write, and the outputs follow", async () => {
    await project.addStack("plain", withoutSentinel);
    expectSuccess(await project.up("plain"));
    project.configure("plain", { ...withoutSentinel, logMaxSizeMb: 11 });
    const { ended, watch, contract } = await upUnderLoad(project, "plain");
    expectSuccess(ended);
    assert.deepEqual(watch.started, ["rolling-plain-replica-1", "rolling-plain-master"]);
    assert.equal(watch.mostAway, 1);
    assert.deepEqual(watch.masters, ["rolling-plain-master", "rolling-plain-replica-1"]);
    assert.equal(contract.connection.port, 19241);
    expectSuccess(await project.up("plain", "--expect-no-changes"));
  });
});
