import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { adopt, describeAdoption, enginesIn, identityIn, type Found } from "../../ops/adoption";
import { parseRawState } from "../../ops/exportedState";

const ENGINE = "unix:///var/run/docker.sock";
const OTHER = "tcp://192.0.2.1:2376";
const HEAD = "urn:pulumi:dev::redis-on-docker::";
const PART = "redis-on-docker:index:";
const DEPLOYMENT = `${PART}RedisDeployment`;
const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";
const REPLICA = `${HEAD}${DEPLOYMENT}$${PART}RedisReplica::redis-replica-1`;
const BASE = `${HEAD}${DEPLOYMENT}$${PART}RedisBase::redis`;
const PROVIDER = `${HEAD}${DEPLOYMENT}$${PART}RedisBase$pulumi:providers:docker::redis-local`;

const component = (type: string, urn: string) => ({ urn, type: `${PART}${type}`, custom: false });
const stateWith = (...resources: readonly object[]) =>
  parseRawState({
    version: 3,
    deployment: {
      manifest: { time: "now" },
      resources: [
        { urn: `${HEAD}pulumi:pulumi:Stack::redis-on-docker-dev`, type: "pulumi:pulumi:Stack" },
        component("RedisBase", BASE),
        component("RedisReplica", REPLICA),
        component("SentinelGroup", `${HEAD}${DEPLOYMENT}$${PART}SentinelGroup::redis-sentinels`),
        {
          urn: PROVIDER,
          type: "pulumi:providers:docker",
          id: "1234",
          inputs: { host: ENGINE, version: "5" },
          outputs: { host: ENGINE },
        },
        ...resources,
      ],
    },
  });
const replica = (id: string, more: object = {}) => ({
  urn: `${HEAD}${DEPLOYMENT}$${PART}RedisReplica$${CONTAINER}::redis-replica-1`,
  type: CONTAINER,
  id,
  parent: REPLICA,
  dependencies: ["x"],
  inputs: { name: "redis-replica-1", uploads: [{ content: "a program" }] },
  outputs: { id, name: "redis-replica-1", uploads: [{ content: "a program" }] },
  ...more,
});
const found = (more: Partial<Found> = {}): Found => ({
  type: CONTAINER,
  name: "redis-replica-1",
  id: "new",
  deployment: "redis",
  kind: "data",
  engine: ENGINE,
  ...more,
});
const last = (state: ReturnType<typeof stateWith>) => state.deployment.resources.at(-1)!;

describe("what a stack's state is brought to", () => {
  it("is what it was, where the engines have what it says", () => {
    const state = stateWith(replica("same"));
    const adoption = adopt(state, [found({ id: "same" })], ENGINE);
    assert.deepEqual(adoption, { state, adopted: [], moved: [], left: [] });
    assert.deepEqual(describeAdoption(adoption), []);
  });

  it("is the container that another tool made anew: without its files, so that its turn to be replaced comes", () => {
    const { state, adopted } = adopt(stateWith(replica("old")), [found()]);
    assert.deepEqual(adopted, ["redis-replica-1"]);
    const { id, inputs, outputs, parent, dependencies } = last(state);
    assert.deepEqual(
      { id, inputs, outputs },
      { id: "new", inputs: { name: "redis-replica-1" }, outputs: { id: "new", name: "redis-replica-1" } },
    );
    assert.deepEqual({ parent, dependencies }, { parent: REPLICA, dependencies: ["x"] });
    assert.equal(state.version, 3);
  });

  it("has what was forgotten, below the component and with the provider that it had", () => {
    const things = [
      found(),
      found({ name: "redis-sentinel-2", id: "s2", kind: "sentinel" }),
      found({ type: NETWORK, name: "redis", id: "n", kind: undefined }),
    ];
    const { state, adopted, left } = adopt(stateWith(), things);
    assert.deepEqual(adopted, ["redis-replica-1", "redis-sentinel-2", "the network redis"]);
    assert.deepEqual(left, []);
    assert.deepEqual(
      state.deployment.resources.slice(-3).map(({ urn, provider }) => [urn, provider]),
      [
        [replica("").urn, `${PROVIDER}::1234`],
        [`${HEAD}${DEPLOYMENT}$${PART}SentinelGroup$${CONTAINER}::redis-sentinel-2`, `${PROVIDER}::1234`],
        [`${HEAD}${DEPLOYMENT}$${PART}RedisBase$${NETWORK}::redis-local-network`, `${PROVIDER}::1234`],
      ],
    );
  });

  it("is not a container for which the stack has no place", () => {
    const adoption = adopt(stateWith(), [found({ name: "redis-replica-7" })]);
    assert.deepEqual([adoption.adopted, adoption.left], [[], ["redis-replica-7"]]);
    assert.match(describeAdoption(adoption).join("\n"), /^Left alone, .*: redis-replica-7; see: docker ps -a/);
  });

  it("is not what an update has still to delete", () => {
    const { state } = adopt(stateWith(replica("going", { delete: true })), [found()]);
    assert.deepEqual(
      state.deployment.resources.slice(-2).map(({ id }) => id),
      ["going", "new"],
    );
  });

  it("follows to another engine only when it is told to, and not where the settings name hosts", () => {
    const elsewhere = [found({ engine: OTHER })];
    assert.deepEqual(adopt(stateWith(), elsewhere).adopted, []);
    const { state, moved, adopted } = adopt(stateWith(), elsewhere, OTHER);
    assert.deepEqual([moved, adopted, enginesIn(state)], [[OTHER], ["redis-replica-1"], [OTHER]]);
    const named = stateWith();
    named.deployment.resources.at(-1)!.urn = PROVIDER.replace("-local", "-host-1");
    assert.deepEqual(adopt(named, [], OTHER).moved, []);
  });

  it("has the name of its stack in every resource", () => {
    assert.equal(identityIn(stateWith()), "redis-on-docker/dev");
    assert.equal(identityIn(parseRawState({ deployment: { resources: null } })), undefined);
  });
});
