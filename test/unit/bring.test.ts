import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, it } from "mocha";
import { bringSecrets, useSecrets } from "../../changes/bring";
import { allMembers, planDeployment, type DeploymentPlan } from "../../config/plan";
import { renderSecrets } from "../../config/render/secrets";
import { parseDeployment } from "../../config/settings";
import { FakeEngine, outputFrames, type EngineAnswer, type EngineRequest } from "./fakeEngine.support";
import { buildContract } from "../../outputs/buildContract";
import { passwordsOfAll } from "./users.support";

const settings = parseDeployment({ replicas: 0, sentinels: 1 });
const SECRETS = "/opt/redis-node/secrets";

describe("users and passwords that are brought to a member", () => {
  let engine: FakeEngine;
  let plan: DeploymentPlan;

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.start();
    plan = planDeployment(settings, engine.endpoint);
  });
  afterEach(() => engine.stop());

  const secretsOf = (at = 0) => renderSecrets(plan, allMembers(plan)[at]!, { passwords: passwordsOfAll });
  const use = (say: (line: string) => void) => {
    const secrets = { passwords: passwordsOfAll };
    return useSecrets(plan, buildContract(plan, secrets), secrets, say);
  };
  const bring = () => bringSecrets(plan.nodes[0]!, secretsOf());

  /** Answers by the kind of request; a container that runs, has no files, and in which commands succeed. */
  function answerLike(changed: {
    readonly has?: (request: EngineRequest) => EngineAnswer;
    readonly put?: EngineAnswer;
    readonly exec?: EngineAnswer;
    readonly printed?: string;
    readonly exitCode?: number;
  }): void {
    engine.answer = (request) => {
      const { method, url } = request;
      if (method === "HEAD") {
        return changed.has?.(request) ?? { status: 404 };
      }
      if (method === "PUT") {
        return changed.put ?? { status: 200 };
      }
      if (url.startsWith("/containers/")) {
        return changed.exec ?? { status: 201, body: { Id: "e1" } };
      }
      return url === "/exec/e1/start"
        ? { status: 200, body: outputFrames(changed.printed ?? "") }
        : { status: 200, body: { ExitCode: changed.exitCode ?? 0 } };
    };
  }

  const commandsRun = () =>
    engine.requests
      .filter(({ method, url }) => method === "POST" && /^\/containers\/[^/]+\/exec$/.test(url))
      .map(({ url, body }) => [url.split("/")[2], (JSON.parse(body.toString()) as { Cmd: string[] }).Cmd.slice(2)]);

  const kindsOfCalls = () => engine.calls.map((call) => call.split(/[ ?]/, 2).join(" "));

  it("are put there under a name of their own, and the server is told", async () => {
    answerLike({});
    await bring();
    const { term, files } = secretsOf();
    assert.deepEqual(kindsOfCalls(), [
      "HEAD /containers/redis-master/archive",
      "PUT /containers/redis-master/archive",
      "POST /containers/redis-master/exec",
      "POST /exec/e1/start",
      "GET /exec/e1/json",
    ]);
    assert.equal(engine.calls[0], `HEAD /containers/redis-master/archive?path=${SECRETS}/${term}/accepted`);
    assert.ok(engine.requests[1]!.body.includes(`secrets/new-${term}/users`));
    assert.ok(engine.requests[1]!.body.includes(files.users!));
    assert.deepEqual(commandsRun(), [["redis-master", ["secrets", "accept", term]]]);
  });

  it("are in no request but the one that puts the files", async () => {
    answerLike({});
    await bring();
    await use(() => undefined);
    const hashes = secretsOf().files.users!.match(/#[0-9a-f]{64}/g)!;
    for (const { method, url, headers, body } of engine.requests) {
      const seen = JSON.stringify([url, headers]) + (method === "PUT" ? "" : body.toString());
      for (const secret of [...Object.values(passwordsOfAll).flat(), ...hashes]) {
        assert.ok(!seen.includes(secret), `${method} ${url}`);
      }
    }
  });

  it("are left alone where the server has accepted them", async () => {
    answerLike({ has: () => ({ status: 200 }) });
    await bring();
    assert.deepEqual(kindsOfCalls(), ["HEAD /containers/redis-master/archive"]);
  });

  it("pass over a container that is none, or does not run; the checks say so", async () => {
    const gone = { status: 404, body: { message: "No such container: redis-master" } };
    answerLike({ put: gone });
    await bring();
    assert.deepEqual(commandsRun(), []);
    for (const message of [
      "container 0123 is not running",
      "Container 0123 is paused, unpause the container",
      "Container 0123 is restarting, wait",
    ]) {
      answerLike({ exec: { status: 409, body: { message } } });
      await bring();
      await use(() => undefined);
    }
  });

  it("fail with what an engine says that cannot do it", async () => {
    answerLike({ has: () => ({ status: 500 }) });
    await assert.rejects(bring(), /HTTP code 500/);
    await assert.rejects(
      use(() => undefined),
      /HTTP code 500/,
    );
    answerLike({ put: { status: 500, body: { message: "no space left on device" } } });
    await assert.rejects(bring(), /no space left on device/);
    answerLike({ exec: { status: 500, body: { message: "cannot exec" } } });
    await assert.rejects(bring(), /cannot exec/);
  });

  it("that a server refuses are one sentence with its words and what to do, without a stack trace", async () => {
    answerLike({ printed: "ERR Error in ACL SETUSER modifier 'x': Syntax error\nERR again\n", exitCode: 1 });
    const refusal = (member: string) => (error: unknown) => {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      assert.equal(error.stack, undefined);
      assert.equal(
        error.message,
        `${member} does not take its users and their passwords: ERR Error in ACL SETUSER modifier 'x': Syntax error; ERR again. Put it right (npm run logs -- ${member}), then run \`npm run up\` again.`,
      );
      return true;
    };
    await assert.rejects(bring(), refusal("redis-master"));
    answerLike({
      has: ({ url }) => ({ status: url.includes("sentinel") ? 404 : 200 }),
      printed: "ERR Error in ACL SETUSER modifier 'x': Syntax error\nERR again\n",
      exitCode: 1,
    });
    await assert.rejects(
      use(() => undefined),
      refusal("redis-sentinel-1"),
    );
  });

  it("are used by all members that do not use them yet, which is said once", async () => {
    answerLike({ printed: "changed\n" });
    const said: string[] = [];
    await use((line) => said.push(line));
    assert.deepEqual(commandsRun().sort(), [
      ["redis-master", ["secrets", "use", secretsOf(0).term]],
      ["redis-sentinel-1", ["secrets", "use", secretsOf(1).term]],
    ]);
    assert.deepEqual(said, ["the members go by the users, passwords and certificates of now"]);
  });

  it("are not used again by those that do, and nothing is said when all do", async () => {
    answerLike({ has: ({ url }) => ({ status: url.includes("sentinel") ? 404 : 200 }) });
    await use(() => undefined);
    assert.deepEqual(commandsRun(), [["redis-sentinel-1", ["secrets", "use", secretsOf(1).term]]]);
    answerLike({ has: () => ({ status: 200 }) });
    engine.requests.length = 0;
    await use((line) => assert.fail(line));
    assert.deepEqual(engine.calls.map(decodeURIComponent).sort(), [
      `HEAD /containers/redis-master/archive?path=${SECRETS}/${secretsOf(0).term}/used`,
      `HEAD /containers/redis-sentinel-1/archive?path=${SECRETS}/${secretsOf(1).term}/used`,
    ]);
  });
});
