import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import { restartSentinel } from "../../changes/restart";
import { retire } from "../../changes/retire";
import { planDeployment } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import { engineClient } from "../../engine/engineClient";
import { engineReasonOf } from "../../engine/engineError";
import { stopContainer } from "../../engine/stopContainer";
import { EngineUnreachable, surveyEngine } from "../../engine/survey";
import { removeUnlessRecorded } from "../../ops/halfMade";
import { buildContract } from "../../outputs/buildContract";
import { FakeEngine, outputFrames, type EngineAnswer } from "./fakeEngine.support";
import { passwordsOfAll } from "./users.support";

describe("an engine", () => {
  let engine: FakeEngine;

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.start();
  });
  afterEach(() => engine.stop());

  const planned = () => {
    const plan = planDeployment(parseDeployment({ replicas: 1, sentinels: 3 }), engine.endpoint);
    return { plan, contract: buildContract(plan, { passwords: passwordsOfAll }) };
  };

  it("that does not answer is given up, with a sentence", async () => {
    engine.answer = () => undefined;
    const client = await engineClient(engine.endpoint, 100);
    await assert.rejects(client.getContainer("redis-master").inspect(), (error) => {
      assert.equal(engineReasonOf(error), "the Docker engine gave no answer");
      return true;
    });
  });

  describe("that is looked at", () => {
    const container = { Id: "c1", Names: ["/redis"], State: "running", Status: "Up", Ports: [], ImageID: "sha256:1" };
    const answerWith = (containers: EngineAnswer) => {
      engine.answer = ({ url }) => {
        if (url.startsWith("/containers/json")) {
          return containers;
        }
        return {
          status: 200,
          body: url.startsWith("/networks") ? [{ Name: "host", Labels: null }] : { Id: "sha256:1" },
        };
      };
    };
    const survey = () => surveyEngine({ endpoint: engine.endpoint, image: "redis:8", listeners: [] });

    it("may say null for no labels", async () => {
      answerWith({ status: 200, body: [{ ...container, Labels: null }] });
      const { containers, networks } = await survey();
      const [{ name, kind, owner, revision, identity }] = containers as [(typeof containers)[number]];
      assert.deepEqual([name, kind, owner, revision, identity], ["redis", undefined, undefined, undefined, undefined]);
      assert.equal(networks[0]!.owner, undefined);
    });

    it("is unreachable when it refuses, in its own words, and not when its answer is not understood", async () => {
      answerWith({ status: 500, body: { message: "the disk is full" } });
      await assert.rejects(survey(), (error: Error) => {
        assert.ok(error instanceof EngineUnreachable);
        assert.equal(error.message, "the disk is full");
        return true;
      });
      answerWith({ status: 200, body: [null] });
      await assert.rejects(survey(), (error: Error) => !(error instanceof EngineUnreachable));
    });
  });

  describe("that is to stop a container", () => {
    for (const [status, what] of [
      [204, "stops it"],
      [304, "has seen it stop by itself"],
      [404, "does not have it any more"],
    ] as const) {
      it(`${what}: done`, async () => {
        engine.answer = () => ({ status });
        await stopContainer(engine.endpoint, "redis-master", 30);
        assert.deepEqual(engine.calls, ["POST /containers/redis-master/stop?t=30"]);
      });
    }

    it("cannot: an error with its words", async () => {
      engine.answer = () => ({ status: 500, body: { message: "no such process" } });
      await assert.rejects(stopContainer(engine.endpoint, "redis-master", 30), /no such process/);
    });
  });

  describe("that is to remove what a killed update had begun to create", () => {
    const OWNER = "redis-on-docker/dev";
    const remove = (kind: "container" | "network") =>
      removeUnlessRecorded({ kind, name: "redis", engine: engine.endpoint, owner: OWNER }, new Set());
    const inspected = {
      Id: "c0ffee",
      Labels: { "redis-on-docker.stack": OWNER },
      State: { Running: true },
      Config: { Labels: { "redis-on-docker.stack": OWNER }, StopTimeout: 45 },
    };

    it("gives it the time to stop that it was made with, and minds neither its end nor its removal meanwhile", async () => {
      for (const [stopped, removed] of [
        [204, 204],
        [304, 204],
        [404, 404],
      ] as const) {
        engine.answer = ({ method, url }) => {
          if (method === "GET") {
            return { status: 200, body: inspected };
          }
          return { status: url.includes("/stop") ? stopped : removed };
        };
        assert.equal(await remove("container"), true);
        assert.deepEqual(engine.calls.slice(-2), [
          "POST /containers/redis/stop?t=45",
          "DELETE /containers/redis?force=true",
        ]);
      }
      engine.answer = ({ method }) => (method === "GET" ? { status: 200, body: inspected } : { status: 404 });
      assert.equal(await remove("network"), true);
    });

    it("leaves alone what carries no label, or is not there", async () => {
      engine.answer = () => ({ status: 200, body: { ...inspected, Config: { Labels: null } } });
      assert.equal(await remove("container"), false);
      engine.answer = () => ({ status: 404 });
      assert.equal(await remove("container"), false);
    });

    it("says which, and how to do it by hand, when it cannot", async () => {
      engine.answer = ({ method }) =>
        method === "GET" ? { status: 200, body: inspected } : { status: 500, body: { message: "it is stuck" } };
      await assert.rejects(
        remove("container"),
        /created redis, which could not be removed \(it is stuck\); remove it: docker container rm redis$/,
      );
    });
  });

  it("that does not restart a Sentinel: a sentence with its words", async () => {
    for (const status of [404, 500]) {
      engine.answer = () => ({ status, body: { message: "it is stuck" } });
      await assert.rejects(
        restartSentinel(planned().contract, "redis-sentinel-2", "to forget members that left"),
        /^Error: redis-sentinel-2 could not be restarted to forget members that left \(it is stuck\); the other Sentinels were left alone\. See: npm run logs -- redis-sentinel-2;/,
      );
    }
  });

  it("has nothing stopped on it when one of the members that leave does not take the word on who stays", async () => {
    const { plan, contract } = planned();
    const refusing = "redis-replica-3";
    const leaving = ["redis-replica-2", refusing].map((name) => ({
      engine: engine.endpoint,
      name,
      kind: "data" as const,
      running: true,
    }));
    const inContainer = /^\/containers\/([^/]+)\/exec$/;
    engine.answer = ({ url }) => {
      const name = inContainer.exec(url)?.[1];
      if (name !== undefined) {
        return { status: 201, body: { Id: name } };
      }
      const refuses = url.includes(refusing);
      return url.endsWith("/start")
        ? { status: 200, body: outputFrames(refuses ? "group.env cannot be written\n" : "") }
        : { status: 200, body: { ExitCode: refuses ? 1 : 0 } };
    };
    await assert.rejects(
      retire(plan, contract, leaving, () => undefined),
      (error: Error) => {
        assert.match(
          error.message,
          /^Members would be removed, .*nothing was stopped:\n {2}redis-replica-3: group\.env cannot be written\nSee: .*`docker rm -f redis-replica-3`/,
        );
        return true;
      },
    );
    assert.deepEqual(
      engine.calls.filter((call) => /\/stop|\/kill/.test(call)),
      [],
    );
  });
});
