import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import type { Contract } from "../../outputs/contract";
import { container, engine, leftovers, logsOf } from "../support/engine";
import { committedSettings, expectSuccess, PulumiProject } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

/** What differs from the committed stacks: somebody's own may be deployed on this engine, and is left alone. */
const BESIDE = {
  dev: { name: "stacks", redisPort: 19580, sentinelPort: 29579 },
  prod: { name: "stacks-prod", redisPort: 19590, sentinelPort: 29589 },
};

/** The two stacks as they are committed, but for names and ports, side by side on one engine. */
describe("the stacks dev and prod", () => {
  const project = new PulumiProject();
  let dev: Contract;
  let prod: Contract;
  let previewOutput = "";

  before(async () => {
    for (const stack of ["dev", "prod"] as const) {
      await project.addStack(stack, { ...committedSettings(stack), ...BESIDE[stack] });
    }
    previewOutput = expectSuccess(await project.preview("dev", "--diff")).output;
  });
  after(() => project.dispose());

  it("preview without a deployment, then come up checked, next to each other", async () => {
    const up = expectSuccess(await project.up("dev"));
    assert.match(up.output, /CKQUORUM|quorum/i, "the update printed no table of checks");
    expectSuccess(await project.up("prod"));
    [dev, prod] = await Promise.all([project.contract("dev"), project.contract("prod")]);
  });

  it("dev has ports in a row as the compose files that it replaces, on loopback only", async () => {
    const containers = await engine.listContainers({ filters: { label: [`${DEPLOYMENT_LABEL}=${dev.deployment}`] } });
    const published = containers
      .flatMap(({ Names, Ports }) =>
        Ports.filter(({ PublicPort }) => PublicPort > 0).map(
          (port) => `${Names[0]} ${port.IP}:${port.PublicPort}->${port.PrivatePort}`,
        ),
      )
      .sort();
    const { name, redisPort, sentinelPort } = BESIDE.dev;
    assert.deepEqual(published, [
      `/${name}-master 127.0.0.1:${redisPort}->6379`,
      `/${name}-replica-1 127.0.0.1:${redisPort + 1}->6379`,
      `/${name}-replica-2 127.0.0.1:${redisPort + 2}->6379`,
      `/${name}-sentinel-1 127.0.0.1:${sentinelPort}->26379`,
      `/${name}-sentinel-2 127.0.0.1:${sentinelPort + 1}->26379`,
      `/${name}-sentinel-3 127.0.0.1:${sentinelPort + 2}->26379`,
    ]);
  });

  it("change nothing when nothing was changed: up, up --refresh, preview", async () => {
    for (const stack of ["dev", "prod"]) {
      expectSuccess(await project.up(stack, "--expect-no-changes"));
      expectSuccess(await project.up(stack, "--refresh", "--expect-no-changes"));
      expectSuccess(await project.preview(stack, "--expect-no-changes"));
    }
  });

  it("prod keeps its data on disk, below its memory limit, behind a fence", async () => {
    const master = new Redis({ ...prod.nodes[0]!, name: undefined, ...accessOf(prod, "admin"), tls: prod.tls });
    try {
      const value = async (parameter: string) =>
        (await master.config("GET", parameter)) as Record<string, string> | string[];
      const settings = await Promise.all(
        ["appendonly", "maxmemory", "min-replicas-to-write"].map(async (name) =>
          Object.values(await value(name)).at(-1),
        ),
      );
      assert.deepEqual(settings, ["yes", String(512 * 1024 * 1024), "1"]);
    } finally {
      master.disconnect();
    }
    const { HostConfig } = await container(prod.nodes[0]!.name).inspect();
    assert.deepEqual(
      [HostConfig.Memory, HostConfig.MemorySwap, HostConfig.RestartPolicy?.Name],
      [1024 * 1024 * 1024, 1024 * 1024 * 1024, "always"],
    );
  });

  it("show no password in inspections, processes, logs, previews and the state", async () => {
    const ids = (await engine.listContainers()).map(({ Id }) => Id);
    const inspections = await Promise.all(
      ids.map(async (id) => JSON.stringify(await engine.getContainer(id).inspect())),
    );
    const processes = readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "latin1") + readFileSync(`/proc/${pid}/environ`, "latin1");
        } catch {
          return "";
        }
      });
    const logs = await Promise.all(
      [...dev.nodes, ...dev.sentinels, ...prod.nodes, ...prod.sentinels].map(({ name }) => logsOf(name)),
    );
    const places = { inspections, processes, logs, preview: [previewOutput], state: [project.plainState()] };
    for (const password of [dev, prod].flatMap(({ users }) => Object.values(users))) {
      assert.match(password, /^[A-Za-z0-9]{32}$/);
      const forms = [
        password,
        Buffer.from(password).toString("base64").replace(/=+$/, ""),
        Buffer.from(password).toString("hex"),
      ];
      for (const [place, texts] of Object.entries(places)) {
        assert.ok(
          !texts.some((text) => forms.some((form) => text.includes(form))),
          `the password stands in the ${place}`,
        );
      }
    }
    assert.equal(new Set([dev, prod].flatMap(({ users }) => Object.values(users))).size, 10);
  });

  it("refuse whoever has no password, a wrong one, or `pass`: nodes and Sentinels", async () => {
    for (const { host, port, name } of [...dev.nodes, ...dev.sentinels]) {
      for (const password of [undefined, "pass", "x".repeat(32)]) {
        const client = new Redis({
          host,
          port,
          ...(password === undefined ? {} : { password }),
          retryStrategy: null,
          lazyConnect: true,
        });
        client.on("error", () => undefined);
        await assert.rejects(
          async () => {
            await client.connect();
            await client.call("PING");
          },
          /NOAUTH|WRONGPASS|closed/,
          `${name} let in ${String(password)}`,
        );
        client.disconnect();
      }
    }
  });

  it("fail over when the master is killed, and the old one comes back as a replica that never takes a write", async () => {
    const group = new Redis(dev.connection);
    group.on("error", () => undefined);
    await group.set("kept", "yes");
    await group.wait(2, 2000);
    const first = dev.nodes[0]!.name;
    await container(first).kill();
    const newMaster = await waitFor(
      "another node to be master",
      async () => {
        const sentinel = new Redis({
          ...dev.sentinels[0]!,
          name: undefined,
          ...accessOf(dev, "admin"),
          retryStrategy: null,
        });
        sentinel.on("error", () => undefined);
        try {
          const [host] = (await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", dev.masterName)) as [string];
          return dev.nodes.find(({ announced, name }) => announced.host === host && name !== first);
        } finally {
          sentinel.disconnect();
        }
      },
      { timeoutMs: 30_000 },
    );
    assert.equal(await waitFor("a read through the Sentinels", () => group.get("kept"), { timeoutMs: 20_000 }), "yes");

    const accepted: string[] = [];
    const watching = new AbortController();
    const poll = (async () => {
      while (!watching.signal.aborted) {
        const old = new Redis({
          ...dev.nodes[0]!,
          name: undefined,
          ...accessOf(dev, "admin"),
          retryStrategy: null,
          connectTimeout: 500,
          commandTimeout: 500,
        });
        old.on("error", () => undefined);
        await old.set("stray", "write").then(
          (reply) => accepted.push(reply),
          () => undefined,
        );
        old.disconnect();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    await container(first).start();
    const old = new Redis({ ...dev.nodes[0]!, name: undefined, ...accessOf(dev, "admin") });
    old.on("error", () => undefined);
    await waitFor(
      "the old master to follow the new one",
      async () => {
        const info = await old.info("replication");
        return info.includes(`master_host:${newMaster.announced.host}`) && info.includes("master_link_status:up");
      },
      { timeoutMs: 30_000 },
    );
    watching.abort();
    await poll;
    old.disconnect();
    group.disconnect();
    assert.deepEqual(accepted, [], "the old master took a write");
  });

  it("see no drift in a failover, and do not move the master back", async () => {
    expectSuccess(await project.preview("dev", "--expect-no-changes"));
    const up = expectSuccess(await project.up("dev", "--refresh", "--expect-no-changes"));
    assert.doesNotMatch(up.output, new RegExp(`master is ${dev.nodes[0]!.name}`));
  });

  it("prod refuses to let a replica go whose data is protected, before anything is changed", async () => {
    const running = () =>
      Promise.all(
        [...prod.nodes, ...prod.sentinels].map(async ({ name }) => {
          const { Id, State } = await container(name).inspect();
          return { name, Id, Running: State.Running, StartedAt: State.StartedAt };
        }),
      );
    const before = await running();
    project.configure("prod", { ...committedSettings("prod"), ...BESIDE.prod, replicas: prod.nodes.length - 2 });
    const { code, output } = await project.command(["up", "prod"]);
    assert.notEqual(code, 0, output);
    assert.match(output, /Preview failed: .*-data" cannot be deleted/);
    assert.deepEqual(await running(), before);
    project.configure("prod", { ...committedSettings("prod"), ...BESIDE.prod });
    expectSuccess(await project.command(["up", "prod"]));
  });

  it("prod refuses to destroy its volumes; dev does so while an application is on its network, and then leaves nothing behind, when a container was removed by hand, too", async () => {
    const refused = await project.destroy("prod");
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /protect/);
    const { Image } = await container(dev.nodes[0]!.name).inspect();
    const shop = await engine.createContainer({
      name: `${dev.deployment}-shop`,
      Image,
      Entrypoint: ["sleep", "600"],
      HostConfig: { NetworkMode: dev.network, AutoRemove: true },
    });
    try {
      await shop.start();
      const before = new Set(await leftovers(dev.deployment));
      const { code, output } = await project.command(["destroy", "dev", "--yes"]);
      assert.match(
        output,
        new RegExp(`^The network ${dev.network} is used by ${dev.deployment}-shop, not of this stack`),
      );
      assert.equal(code, 1);
      assert.deepEqual(new Set(await leftovers(dev.deployment)), before);
    } finally {
      await shop.remove({ force: true });
    }
    await container(dev.nodes.at(-1)!.name).remove({ force: true });
    expectSuccess(await project.command(["destroy", "dev", "--yes"]));
    assert.deepEqual(await leftovers(dev.deployment), []);
  });
});
