import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { currentMaster } from "../../checks/roles";
import { observe } from "../../checks/observe";
import type { Contract } from "../../outputs/contract";
import { container, engine } from "../support/engine";
import { ExampleProject, python } from "../support/exampleProject";
import { freePorts } from "../support/freePorts";
import { HttpLoad } from "../support/httpLoad";
import { needImage } from "../support/images";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

/** Both applications, with everything in which they differ for a test. */
const APPLICATIONS = [
  { example: "node-app", image: "node:20-slim", port: 17190 },
  { example: "python-app", image: "python:3.13-slim", port: 17191 },
] as const;

const settings = {
  name: "apps",
  image: "redis:7.0.15",
  redisPort: 17180,
  sentinelPort: 27180,
  tls: true,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
};
const REDIS_STACK = "organization/redis-on-docker/apps";

/** What docs/applications.md types, `pulumi -C examples/...` and `curl`, done for both applications. */
describe("applications' own stacks", () => {
  const redis = new PulumiProject();
  const apps = APPLICATIONS.map(({ example }) => new ExampleProject(example, "test", redis.backend));
  let contract: Contract;

  before(async () => {
    for (const image of [settings.image, "redis:8.0.2", ...APPLICATIONS.map((one) => one.image)]) {
      await needImage(image);
    }
    await redis.addStack("apps", settings);
    expectSuccess(await redis.up("apps"));
    contract = await redis.contract("apps");
  });
  after(async () => {
    await Promise.all(apps.map((app) => app.dispose()));
    await redis.dispose();
  });

  APPLICATIONS.forEach(({ example, port }, index) => {
    const app = apps[index]!;
    const url = `http://127.0.0.1:${port}`;

    it(`${example}: writes and reads in the Docker network of Redis, and has no secret for all to see`, async () => {
      await app.init({ redisStack: REDIS_STACK, port });
      expectSuccess(await app.up());
      assert.equal(await app.output("url"), url);
      const put = await fetch(`${url}/items/greeting`, { method: "PUT", body: "hello" });
      assert.deepEqual([put.status, await put.json()], [200, { stored: "greeting" }]);
      assert.deepEqual(await (await fetch(`${url}/items/greeting`)).json(), { value: "hello" });
      assert.equal((await fetch(`${url}/items/absent`)).status, 404);
      const { master, latencyMs } = (await (await fetch(url)).json()) as { master: string; latencyMs: number };
      assert.match(master, /^172\.\d+\.\d+\.\d+:6379$/);
      assert.ok(latencyMs > 0);

      const seen = JSON.stringify(await container(await app.output("container")).inspect());
      assert.deepEqual(
        Object.entries(contract.users).filter(([, password]) => seen.includes(password)),
        [],
      );
    });

    it(`${example}: a second update changes nothing`, async () => {
      expectSuccess(await app.up("--expect-no-changes"));
    });
  });

  it("go on serving through a failover, a rolling upgrade and the death of the master", async () => {
    const through = async (what: string, event: () => Promise<unknown>): Promise<void> => {
      const loads = APPLICATIONS.map(({ example, port }) => new HttpLoad(`http://127.0.0.1:${port}`, example));
      try {
        await waitFor("requests before it", () => loads.every(({ requests }) => requests > 20), { timeoutMs: 20_000 });
        await event();
        const until = loads.map(({ requests }) => requests + 100);
        await waitFor("requests after it", () => loads.every(({ requests }, at) => requests > until[at]!), {
          timeoutMs: 60_000,
        });
      } finally {
        for (const load of loads) {
          console.log(`    ${what}: ${await load.stop()}`);
        }
      }
      for (const load of loads) {
        assert.deepEqual(load.errors, [], what);
        // A master that dies may take an acknowledged write with it: replication is asynchronous.
        assert.ok(load.stale === 0 || what === "master killed", `${what}: ${load.stale} stale reads`);
      }
    };

    await through("failover", async () => expectSuccess(await redis.command(["failover", "apps", "--yes"])));
    await through("upgrade", async () => {
      redis.configure("apps", { ...settings, image: "redis:8.0.2" });
      expectSuccess(await redis.up("apps"));
    });
    await through("master killed", async () => {
      const master = currentMaster(contract, await observe(contract));
      await container(master!.name).kill({ signal: "SIGKILL" });
    });
  });

  it("run on the host's network, too", async () => {
    for (const [index, { port }] of APPLICATIONS.entries()) {
      await apps[index]!.configure({ network: "host" });
      expectSuccess(await apps[index]!.up());
      const answer = await fetch(`http://127.0.0.1:${port}/items/greeting`);
      assert.deepEqual(await answer.json(), { value: "hello" });
      const { HostConfig } = await container(await apps[index]!.output("container")).inspect();
      assert.equal(HostConfig.NetworkMode, "host");
    }
  });

  it("refuse the outputs of another version with a sentence, and change nothing", async () => {
    await addOlderStack(redis);
    for (const [index, app] of apps.entries()) {
      await app.configure({ redisStack: "organization/redis-on-docker/older" });
      const { code, output } = await app.up();
      assert.notEqual(code, 0);
      assert.match(output, /contract version 1, this \w+ knows 2; bring the older of the two up to date/);
      assert.doesNotMatch(output, /^\s+at .*:\d+|Traceback/m);
      assert.equal((await fetch(`http://127.0.0.1:${APPLICATIONS[index]!.port}/healthz`)).status, 200);
    }
  });

  it("leave nothing behind", async () => {
    for (const app of apps) {
      expectSuccess(await app.destroy());
    }
    const names = (await engine.listContainers({ all: true })).flatMap(({ Names }) => Names);
    assert.deepEqual(
      names.filter((name) => /^\/(node|python)-app-test$/.test(name)),
      [],
    );
  });
});

describe("python-app while Redis cannot be reached", () => {
  const folder = mkdtempSync(join(tmpdir(), "python-app-"));
  let service: ChildProcess;
  after(() => {
    service.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("answers with a sentence, without what its client library says of itself", async () => {
    const [port, first] = [await freePorts(1), await freePorts(3)];
    const facts = {
      sentinels: [first, first + 1, first + 2].map((sentinel) => ["127.0.0.1", sentinel]),
      master_name: "mymaster",
      username: "app",
      password: "unknown to callers",
      ca: null,
      translated: {},
    };
    writeFileSync(join(folder, "redis.json"), JSON.stringify(facts));
    service = spawn(python, [join("examples", "python-app", "app", "server.py")], {
      env: { ...process.env, HOST: "127.0.0.1", PORT: String(port), REDIS_FILE: join(folder, "redis.json") },
      stdio: "ignore",
    });
    const answer = await waitFor(
      "an answer",
      () => fetch(`http://127.0.0.1:${port}/items/greeting`).catch(() => undefined),
      { timeoutMs: 60_000 },
    );
    assert.equal(answer.status, 503);
    const { error } = (await answer.json()) as { error: string };
    assert.match(error, /^MasterNotFoundError: No master found for 'mymaster'$/);
  });
});

/** A stack whose outputs are of the first contract version, as a program of that time left it. */
async function addOlderStack(project: PulumiProject): Promise<void> {
  await project.addStack("older", {});
  const { stdout } = expectSuccess(await project.pulumi(["stack", "export", "--stack", "older"]));
  const state = JSON.parse(stdout) as { deployment: { resources?: unknown[] } };
  state.deployment.resources = [
    {
      urn: "urn:pulumi:older::redis-on-docker::pulumi:pulumi:Stack::redis-on-docker-older",
      custom: false,
      type: "pulumi:pulumi:Stack",
      outputs: { contractVersion: 1, masterName: "mymaster" },
    },
  ];
  const file = join(project.folder, "older.json");
  writeFileSync(file, JSON.stringify(state));
  expectSuccess(await project.pulumi(["stack", "import", "--stack", "older", "--file", file]));
}
