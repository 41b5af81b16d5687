import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import type { GroupSecrets } from "../../config/secrets";
import { RollingUpdate } from "../../rollout/rollout";

const plan = planDeployment(parseDeployment({}), "unix:///var/run/docker.sock");
const [first, second, late] = plan.nodes;

/** An update of engines that have nothing yet. */
const update = () =>
  new RollingUpdate({
    plan,
    owner: Promise.resolve("redis-on-docker/test"),
    surveys: Promise.resolve(new Map()),
    images: new Map(),
    secrets: pulumi.output<GroupSecrets>({ passwords: {} }),
    resource: undefined as unknown as pulumi.Resource,
  });

describe("turns of an update", () => {
  it("come to all that are declared together", async () => {
    const rollout = update();
    await Promise.all([rollout.turn(first!, "r1"), rollout.turn(second!, "r1")]);
  });

  it("are refused to one that is declared later, which would wait for ever", async () => {
    const rollout = update();
    await rollout.turn(first!, "r1");
    assert.throws(
      () => rollout.turn(late!, "r1"),
      (error: Error) =>
        error instanceof pulumi.RunError &&
        error.stack === undefined &&
        /^redis-replica-2 is declared too late: .*fix: declare all members right after RedisBase, without an await/.test(
          error.message,
        ),
    );
  });
});
