import assert from "node:assert/strict";
import type { ContainerArgs } from "@pulumi/docker";
import { before, describe, it } from "mocha";
import type { DeploymentOverrides } from "../../config/schema";
import { container, containersOf, deploy, ofType, PASSWORD, type Registered } from "./components.support";

describe("components", () => {
  let all: readonly Registered[];
  before(async () => {
    all = await deploy({});
  });

  it("are the initial master, the replicas and the Sentinels, with two volumes each and one network", () => {
    assert.deepEqual(
      containersOf(all)
        .map(({ name }) => name)
        .sort(),
      [
        "redis-master",
        "redis-replica-1",
        "redis-replica-2",
        "redis-sentinel-1",
        "redis-sentinel-2",
        "redis-sentinel-3",
      ],
    );
    assert.equal(ofType(all, "docker:index/volume:Volume").length, 12);
    assert.equal(ofType(all, "docker:index/network:Network").length, 1);
    const components = all
      .filter(({ type }) => type.startsWith("redis-on-docker:index:"))
      .map(({ type }) => type.split(":")[2]);
    assert.deepEqual(components.sort(), [
      "GroupSettings",
      "RedisBase",
      "RedisDeployment",
      "RedisMaster",
      "RedisReplica",
      "RedisReplica",
      "SentinelGroup",
    ]);
  });

  it("give every container its image by id, its fixed address and its published port on loopback", () => {
    const { image, networksAdvanced, ports } = container(all, "redis-replica-1");
    assert.deepEqual(
      { image, networksAdvanced, ports },
      {
        image: "sha256:0123",
        networksAdvanced: [{ name: "redis", ipv4Address: "172.30.29.12" }],
        ports: [{ internal: 6379, external: 6381, ip: "127.0.0.1" }],
      },
    );
  });

  it("have no password among their inputs, and a volume for what they are brought", () => {
    for (const { name, inputs } of containersOf(all)) {
      assert.doesNotMatch(JSON.stringify(inputs), new RegExp(PASSWORD), name);
      const { mounts } = inputs as unknown as { mounts: { source: string; target: string }[] };
      assert.equal(mounts.find(({ source }) => source === `${name}-secrets`)?.target, "/opt/redis-node/secrets");
    }
  });

  it("give containers no right that Redis does not need", () => {
    for (const { name, inputs } of containersOf(all)) {
      const { user, capabilities, securityOpts, ipcMode, ulimits } = inputs as unknown as ContainerArgs;
      assert.deepEqual(
        { user, capabilities, securityOpts, ipcMode, ulimits },
        {
          user: "999:999",
          capabilities: { drops: ["ALL"] },
          securityOpts: ["no-new-privileges"],
          ipcMode: "none",
          ulimits: [{ name: "core", soft: 0, hard: 0 }],
        },
        name,
      );
      const widening = ["privileged", "devices", "groupAdds", "pidMode", "usernsMode", "sysctls", "publishAllPorts"];
      assert.deepEqual(
        widening.filter((property) => inputs[property] !== undefined),
        [],
        name,
      );
    }
  });

  it("leave containers three places to write: their two volumes, and a small /tmp in which nothing can be run", () => {
    for (const { name, inputs } of containersOf(all)) {
      const { mounts, tmpfs } = inputs as unknown as { mounts: object[]; tmpfs: Readonly<Record<string, string>> };
      assert.deepEqual(mounts, [
        { type: "volume", source: `${name}-data`, target: "/data" },
        { type: "volume", source: `${name}-secrets`, target: "/opt/redis-node/secrets" },
      ]);
      const writable = Object.entries(tmpfs).filter(([, options]) => !options.split(",").includes("ro"));
      assert.deepEqual(writable, [["/tmp", "rw,noexec,nosuid,nodev,mode=1777,size=1m,nr_inodes=256"]]);
      for (const [place, options] of Object.entries(tmpfs)) {
        assert.match(options, /^r[ow],noexec,nosuid,nodev,.*\bsize=/, place);
      }
    }
  });

  it("rotate the logs of containers", () => {
    for (const { name, inputs } of containersOf(all)) {
      const { logDriver, logOpts } = inputs;
      assert.deepEqual(
        { logDriver, logOpts },
        { logDriver: "json-file", logOpts: { "max-size": "10m", "max-file": "3" } },
        name,
      );
    }
  });

  it("give every Sentinel an id of its own that stays, and the others' ids in advance", () => {
    const idOf = (name: string) => {
      const uploads = container(all, name).uploads as unknown as { file: string; content: string }[];
      const text = (file: string) => uploads.find((upload) => upload.file.endsWith(`/${file}`))?.content ?? "";
      return {
        own: /myid (\S+)/.exec(text("sentinel.conf"))?.[1] ?? "",
        others: [
          ...JSON.stringify(container(all, name).envs).matchAll(/known-sentinel mymaster \S+ \d+ ([0-9a-f]+)/g),
        ].map((m) => m[1]),
      };
    };
    const ids = [1, 2, 3].map((index) => idOf(`redis-sentinel-${index}`));
    assert.equal(new Set(ids.map(({ own }) => own)).size, 3);
    assert.ok(ids.every(({ own }) => /^[0-9a-f]{40}$/.test(own)));
    assert.deepEqual(ids[0]!.others, [ids[1]!.own, ids[2]!.own]);
  });

  it("stop gracefully and are noticed when they are stopped", () => {
    const { destroyGraceSeconds, stopTimeout, mustRun, restart } = container(all, "redis-master");
    assert.deepEqual(
      { destroyGraceSeconds, stopTimeout, mustRun, restart },
      { destroyGraceSeconds: 30, stopTimeout: 30, mustRun: true, restart: "unless-stopped" },
    );
  });

  it("set limits when they are asked for: memory with swap, for data nodes and Sentinels apart", async () => {
    const limits = { memoryLimitMb: 256, maxmemoryMb: 128, cpuShares: 512, cpuSet: "0-1" };
    const limited = await deploy({ ...limits, sentinelMemoryLimitMb: 64 });
    const of = (name: string) => {
      const { memory, memorySwap, cpuShares, cpuSet } = container(limited, name);
      return { memory, memorySwap, cpuShares, cpuSet };
    };
    const processor = { cpuShares: 512, cpuSet: "0-1" };
    assert.deepEqual(of("redis-master"), { memory: 256, memorySwap: 256, ...processor });
    assert.deepEqual(of("redis-sentinel-1"), { memory: 64, memorySwap: 64, ...processor });
    assert.equal(container(await deploy(limits), "redis-sentinel-1").memory, undefined);
  });

  it("have no Sentinels in the replication topology, and no network on the host's", async () => {
    const bare = await deploy({ topology: "replication", network: "host", replicas: 1 });
    assert.deepEqual(
      containersOf(bare)
        .map(({ name }) => name)
        .sort(),
      ["redis-master", "redis-replica-1"],
    );
    assert.deepEqual(ofType(bare, "docker:index/network:Network"), []);
    const { networkMode, ports } = container(bare, "redis-master");
    assert.deepEqual({ networkMode, ports }, { networkMode: "host", ports: undefined });
  });

  it("use one provider per engine and put each member on its own", async () => {
    const hosts = [1, 2, 3].map((n) => ({ name: `h${n}`, endpoint: `tcp://10.0.0.${n}:2375`, address: `10.0.0.${n}` }));
    const spread = await deploy({ hosts });
    const providers = ofType(spread, "pulumi:providers:docker").map(({ inputs }) => inputs.host);
    assert.deepEqual(
      providers.sort(),
      hosts.map(({ endpoint }) => endpoint),
    );
    assert.equal(ofType(spread, "docker:index/network:Network").length, 3);
    const [port] = container(spread, "redis-replica-2").ports as unknown as { ip: string }[];
    assert.equal(port?.ip, "10.0.0.3");
  });

  it("generate a password for each user, two while one is rotated, and none for `app` when one is set", async () => {
    const namesOf = async (overrides: DeploymentOverrides) =>
      ofType(await deploy(overrides), "random:index/randomPassword:RandomPassword").map(({ name }) =>
        name.replace("redis-password-", ""),
      );
    const [builtIn, rest] = [
      ["admin", "app", "monitor", "replication", "sentinel"],
      ["admin", "monitor"],
    ];
    assert.deepEqual(await namesOf({}), builtIn);
    const users = [{ name: "reports", keys: [], commands: [] }];
    assert.deepEqual(await namesOf({ users }), [...builtIn, "reports"]);
    assert.deepEqual(await namesOf({ rotations: ["app:2+previous", "monitor:1"] }), [
      "admin",
      "app.2",
      "app.1",
      "monitor.1",
      "replication",
      "sentinel",
    ]);
    assert.deepEqual(await namesOf({ password: "a-password-of-mine-0" }), [...rest, "replication", "sentinel"]);
  });

  it("never feed one container's properties into another: a replacement would take all down first", () => {
    for (const { inputs } of containersOf(all)) {
      assert.doesNotMatch(JSON.stringify(inputs), /-id"/);
    }
  });
});
