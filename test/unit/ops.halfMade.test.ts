import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseState } from "../../ops/exportedState";
import { halfMadeOf } from "../../ops/halfMade";

const urn = (type: string, name: string) => `urn:pulumi:dev::redis-on-docker::parent$${type}::${name}`;
const provider = urn("pulumi:providers:docker", "redis-a");
const pending = (type: string, name: string, operation = "creating") => ({
  type: operation,
  resource: {
    urn: urn(type, name),
    type,
    provider: `${provider}::1234`,
    inputs: { name, labels: [{ label: "redis-on-docker.stack", value: "redis-on-docker/dev" }] },
  },
});
const CONTAINER = "docker:index/container:Container";
const stateWith = (...operations: readonly object[]) =>
  parseState({
    deployment: {
      resources: [
        { urn: provider, type: "pulumi:providers:docker", id: "1234", inputs: { host: "ssh://root@a" } },
        { urn: urn(CONTAINER, "redis-master"), type: CONTAINER, id: "c0ffee" },
      ],
      pending_operations: operations,
    },
  });

describe("what a killed update was creating", () => {
  it("is looked for on its engine, under its name and its stack; containers before the networks that they are on", () => {
    const state = stateWith(pending("docker:index/network:Network", "redis"), pending(CONTAINER, "redis-replica-1"));
    assert.deepEqual(halfMadeOf(state), [
      { kind: "container", name: "redis-replica-1", engine: "ssh://root@a", owner: "redis-on-docker/dev" },
      { kind: "network", name: "redis", engine: "ssh://root@a", owner: "redis-on-docker/dev" },
    ]);
  });

  it("is neither what it was deleting, nor what is found again by itself", () => {
    const state = stateWith(
      pending(CONTAINER, "redis-master", "deleting"),
      pending("docker:index/volume:Volume", "redis-master-data"),
      pending("random:index/randomPassword:RandomPassword", "redis-password"),
    );
    assert.deepEqual(halfMadeOf(state), []);
    assert.equal(state.halfMade.length, 2, "still to be cleared from the state");
  });

  it("is nothing in a stack that was never deployed, or whose last update ended", () => {
    for (const deployment of [{}, { resources: null, pending_operations: null }, { resources: [] }]) {
      assert.deepEqual(halfMadeOf(parseState({ deployment })), []);
    }
  });
});
