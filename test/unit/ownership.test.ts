import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import { ownerOf, recordedOwner, type RecordedResource } from "../../engine/ownership";
import type { Surveys } from "../../engine/survey";

const ENGINE = "unix:///var/run/docker.sock";
const plans = [planDeployment(parseDeployment({}), ENGINE)];
const IDENTITY = "redis-on-docker/dev";
const nothing: Surveys = new Map();

const recorded = (type: string, owner?: string): RecordedResource => ({
  urn: `urn:pulumi:dev::redis-on-docker::docker:index/${type}::x`,
  type: `docker:index/${type}`,
  outputs: { labels: owner === undefined ? null : [{ label: "redis-on-docker.stack", value: owner }] },
});
const onEngine = (deployment: string, ...stacks: readonly string[]): Surveys =>
  new Map([
    [
      ENGINE,
      {
        containers: [],
        networks: stacks.map((stack) => ({ name: deployment, owner: { stack, deployment }, subnets: [] })),
        foreignPorts: new Map(),
      },
    ],
  ]);

describe("by which label a stack knows its own things", () => {
  it("is its name when it first deploys", () => {
    assert.equal(ownerOf([], [nothing], plans, IDENTITY), IDENTITY);
    assert.equal(ownerOf([], [onEngine("redis", "redis-on-docker/other")], plans, IDENTITY), IDENTITY);
  });

  it("stays what its state has, whatever it is called by now", () => {
    const state = [recorded("volume:Volume"), recorded("network:Network", "redis-on-docker/before")];
    assert.equal(ownerOf(state, [nothing], plans, IDENTITY), "redis-on-docker/before");
    assert.equal(recordedOwner(state), "redis-on-docker/before");
  });

  it("goes by the containers where a volume is older than the stack", () => {
    const state = [recorded("volume:Volume", "redis-on-docker/gone"), recorded("container:Container", IDENTITY)];
    assert.equal(recordedOwner(state), IDENTITY);
  });

  it("is another one where a stack that is called something else now had that name first", () => {
    const surveys = [onEngine("redis", IDENTITY, `${IDENTITY}-2`)];
    assert.equal(ownerOf([], surveys, plans, IDENTITY), `${IDENTITY}-3`);
    assert.equal(ownerOf([], [onEngine("another", IDENTITY)], plans, IDENTITY), IDENTITY);
  });

  it("is its name where the backend does not tell what it has", () => {
    assert.equal(ownerOf(undefined, [onEngine("redis", IDENTITY)], plans, IDENTITY), IDENTITY);
  });
});
