import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { before, describe, it } from "mocha";
import { RedisDeployment } from "../../components/redisDeployment";
import { IDENTITY_LABEL, REVISION_LABEL } from "../../config/labels";
import { contentHash } from "../../config/contentHash";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { revisionOf } from "../../rollout/revision";

type Inputs = Readonly<Record<string, unknown>>;

/** Properties that a running container takes over or is told, and the image, whose id is compared by itself. */
const NOT_IN_THE_REVISION = [
  "envs",
  "image",
  "labels",
  "memory",
  "memorySwap",
  "cpuShares",
  "cpuSet",
  "restart",
  "mustRun",
  "destroyGraceSeconds",
];
let containers: { readonly name: string; readonly inputs: Inputs }[] = [];

/** The inputs of all containers of a deployment, as the engine would see them. */
async function containersOf(overrides: DeploymentOverrides): Promise<ReadonlyMap<string, Inputs>> {
  containers = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        if (type === "docker:index/container:Container") {
          containers.push({ name, inputs: inputs as Inputs });
        }
        const computed = { result: "generated", hex: "5".repeat(40), imageId: "sha256:1" };
        return { id: `${name}-id`, state: { ...(inputs as object), ...computed } };
      },
      call: () => ({}),
    },
    "redis-on-docker",
    "test",
    true,
  );
  const plan = planDeployment(parseDeployment(overrides), "unix:///var/run/docker.sock");
  const { master, replicas, sentinels } = new RedisDeployment(plan.name, { plan, surveys: new Map() });
  const all = [master, ...replicas].map(({ container }) => container.id);
  const ids = [...all, ...(sentinels?.containers ?? []).map(({ id }) => id)];
  await new Promise<void>((resolve) => pulumi.all(ids).apply(() => resolve()));
  return new Map(containers.map(({ name, inputs }) => [name, inputs]));
}

const labelOf = (inputs: Inputs, wanted: string) =>
  (inputs.labels as { label: string; value: string }[]).find(({ label }) => label === wanted)?.value;

/** What makes Pulumi replace a container, as one text. */
function fixedInputs(inputs: Inputs): string {
  const fixed = Object.entries(inputs).filter(([key]) => !NOT_IN_THE_REVISION.includes(key));
  return JSON.stringify(fixed.sort());
}

const changes: readonly DeploymentOverrides[] = [
  { logMaxSizeMb: 11 },
  { stopGraceS: 31 },
  { masterName: "other" },
  { redisPort: 6381, subnet: "172.30.29.0/24" },
  { bindAddress: "0.0.0.0" },
  { network: "host" },
  { extraRedisConf: ["io-threads 2"] },
  { denyScriptsReconfig: false },
  { maxmemoryMb: 100, save: "", downAfterMs: 1234, logLevel: "debug" },
  { replicas: 3, sentinels: 5 },
  { memoryLimitMb: 256, sentinelMemoryLimitMb: 64, cpuShares: 512, cpuSet: "0", restart: "always" },
  { password: "a-password-of-mine-0" },
];

describe("the revision of a container", () => {
  let planned: ReadonlyMap<string, Inputs>;
  before(async () => {
    planned = await containersOf({});
  });

  it("is a label beside the address under which the others know the member, and the same for the same plan", async () => {
    const again = await containersOf({});
    for (const [name, inputs] of planned) {
      assert.match(labelOf(inputs, REVISION_LABEL) ?? "", /^[0-9a-f]{16}$/, name);
      assert.equal(labelOf(inputs, REVISION_LABEL), labelOf(again.get(name)!, REVISION_LABEL), name);
    }
    assert.equal(labelOf(planned.get("redis-sentinel-2")!, IDENTITY_LABEL), "mymaster/172.30.29.102:26379, as users");
  });

  for (const change of changes) {
    it(`differs exactly where Pulumi replaces the container, with ${JSON.stringify(change)}`, async () => {
      const changed = await containersOf(change);
      for (const [name, inputs] of changed) {
        const old = planned.get(name);
        if (old !== undefined) {
          const replaced = fixedInputs(old) !== fixedInputs(inputs);
          const revised = labelOf(old, REVISION_LABEL) !== labelOf(inputs, REVISION_LABEL);
          assert.equal(revised, replaced, name);
        }
      }
    });
  }
});

describe("the name of a content", () => {
  it("is the same in every version of the program, since another one would replace every container", () => {
    const content = { a: [1, "é"], b: undefined, c: { d: null } };
    assert.equal(revisionOf(content), "c1d610ab62166c07");
    assert.equal(contentHash(content, 12), "c1d610ab6216");
  });
});
