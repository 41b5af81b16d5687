import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import { parseState } from "../../ops/exportedState";
import { networksOf, refuseNeighbours } from "../../ops/neighbours";
import { UserError } from "../../config/userError";
import { FakeEngine } from "./fakeEngine.support";

const urn = (type: string, name: string) => `urn:pulumi:dev::redis-on-docker::parent$${type}::${name}`;
const PROVIDER = "pulumi:providers:docker";
const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";

describe("who else is on a stack's networks", () => {
  let engine: FakeEngine;
  const provider = urn(PROVIDER, "redis-a");
  const stateAt = (host: string) =>
    parseState({
      deployment: {
        resources: [
          { urn: provider, type: PROVIDER, id: "1234", inputs: { host } },
          {
            urn: urn(NETWORK, "redis"),
            type: NETWORK,
            id: "beef",
            provider: `${provider}::1234`,
            outputs: { name: "redis" },
          },
          { urn: urn(CONTAINER, "redis-master"), type: CONTAINER, id: "c0ffee", provider: `${provider}::1234` },
        ],
        pending_operations: [
          {
            type: "creating",
            resource: { urn: urn(CONTAINER, "redis-replica-1"), type: CONTAINER, inputs: { name: "redis-replica-1" } },
          },
        ],
      },
    });
  const on = (containers: Readonly<Record<string, string>>) => () => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: { Containers: Object.fromEntries(Object.entries(containers).map(([id, Name]) => [id, { Name }])) },
  });

  beforeEach(() => {
    engine = new FakeEngine();
    return engine.start();
  });
  afterEach(() => engine.stop());

  it("is refused by name before anything is removed: the engine would keep the network, and the destroy wait for it", async () => {
    engine.answer = on({ c0ffee: "redis-master", 7: "redis-replica-1", 9: "shop", 8: "bill" });
    const state = stateAt(engine.endpoint);
    assert.deepEqual(networksOf(state), [{ id: "beef", name: "redis", engine: engine.endpoint }]);
    await assert.rejects(refuseNeighbours(state), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^The network redis is used by bill, shop, not of this stack; remove them first/);
      return true;
    });
    assert.deepEqual(engine.calls, ["GET /networks/beef"]);
  });

  it("is nobody where only the stack's own are, those that an update was creating among them", async () => {
    engine.answer = on({ c0ffee: "redis-master", 7: "redis-replica-1" });
    await refuseNeighbours(stateAt(engine.endpoint));
  });

  it("is not asked where the network is gone or the engine does not answer: that is the destroy's to say", async () => {
    for (const status of [404, 500]) {
      engine.answer = () => ({ status });
      await refuseNeighbours(stateAt(engine.endpoint));
    }
    await refuseNeighbours(stateAt("unix:///nobody/listens"));
    assert.equal(engine.calls.length, 2);
  });
});
