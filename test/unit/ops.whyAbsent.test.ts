import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import { readLog, whyNoLog } from "../../ops/logs/containerLog";
import { whyAbsent } from "../../ops/whyAbsent";
import { contractOf } from "./checks.support";
import { FakeEngine } from "./fakeEngine.support";

describe("a container in which nothing can be done", () => {
  let engine: FakeEngine;
  const member = () => ({ ...contractOf(2, 3).nodes[0]!, engine: engine.endpoint });
  const json = { "content-type": "application/json" };

  beforeEach(() => {
    engine = new FakeEngine();
    return engine.start();
  });
  afterEach(() => engine.stop());

  it("is gone or stopped, and what brings it back is said", async () => {
    engine.answer = () => ({ status: 404, headers: json, body: { message: "No such container: redis-master" } });
    assert.equal(await whyAbsent(member()), "The container redis-master is gone; npm run up brings it back.");
    const reason = await readLog(member(), { tail: 1 }).then(() => "", whyNoLog);
    assert.equal(reason, "No such container: redis-master; npm run up brings it back");
    engine.answer = () => ({ status: 200, headers: json, body: { State: { Running: false } } });
    assert.equal(await whyAbsent(member()), "The container redis-master is stopped; npm run up brings it back.");
  });

  it("is not the reason where it runs, or the engine does not say", async () => {
    engine.answer = () => ({ status: 200, headers: json, body: { State: { Running: true } } });
    assert.equal(await whyAbsent(member()), undefined);
    engine.answer = () => ({ status: 500, headers: json, body: { message: "no" } });
    assert.equal(await whyAbsent(member()), undefined);
  });
});
