import assert from "node:assert/strict";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import { after, before, describe, it } from "mocha";
import { defaultEngineEndpoint } from "../../config/plan";
import { execInContainer } from "../../engine/execInContainer";
import { textOf } from "../../engine/output";
import type { Contract } from "../../outputs/contract";
import { container, engine } from "../support/engine";
import { buildBareImage, needImage } from "../support/images";
import { committedSettings, expectSuccess, PulumiProject } from "../support/pulumiProject";

/** The stack `prod` as it is committed, under a name and on ports of its own. */
const SETTINGS: Readonly<Record<string, unknown>> = {
  ...committedSettings("prod"),
  name: "hardening",
  redisPort: 19780,
  sentinelPort: 29779,
  dataVolumes: "delete",
};
const IMAGE = "redis:8.0.2";

/** Everything in the image's and the container's own layer in which who runs this may write; needs no GNU tools. */
const WRITABLE_PLACES = `find / -xdev ! -type l 2>/dev/null | while IFS= read -r place; do
  if [ -w "$place" ]; then echo "$place"; fi
done`;
/** The folders among the mounts in which who runs this may write; busybox does not see that a mount is read-only. */
const WRITABLE_MOUNTS = `while read -r _ place _ options _; do
  case $options in ro | ro,*) continue ;; esac
  if [ -d "$place" ] && [ -w "$place" ]; then echo "$place"; fi
done </proc/self/mounts`;

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

/** What the kernel says of each process; a health check's may end while they are read. */
const STATUSES = `for status in /proc/[0-9]*/status; do
  cat "$status" 2>/dev/null || true
done`;

/** Runs a script in a container as its own user. */
async function inside(name: string, script: string): Promise<string> {
  const command = ["/bin/sh", "-c", script];
  const { output, exitCode } = await execInContainer(
    defaultEngineEndpoint(process.env),
    name,
    command,
    AbortSignal.timeout(30_000),
  );
  assert.equal(exitCode, 0, `${name}: ${output}`);
  return output;
}

/** As whoever may talk to the engine can: as another user than the container's. */
async function insideAs(name: string, user: string, script: string): Promise<string> {
  const options = { Cmd: ["/bin/sh", "-c", script], User: user, AttachStdout: true, AttachStderr: true };
  const exec = await container(name).exec(options);
  return (await textOf(await exec.start({ hijack: false, stdin: false }))).trim();
}

/** Says what a container outside the deployment prints; it is on the engine's common network. */
async function stranger(script: string): Promise<string> {
  const it = await engine.createContainer({ Image: IMAGE, Entrypoint: ["/bin/sh", "-c", script], Cmd: [] });
  try {
    await it.start();
    await it.wait();
    return (await textOf([await it.logs({ stdout: true, stderr: true })])).trim();
  } finally {
    await it.remove({ force: true });
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

async function assertNowhereToWrite(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const mounts = await inside(name, "cat /proc/self/mounts");
    const mountPoints = linesOf(mounts).map((line) => line.split(" ")[1]);
    const places = linesOf(await inside(name, WRITABLE_PLACES)).filter((place) => !mountPoints.includes(place));
    assert.deepEqual(places, [], `${name}: its user can write outside the mounts`);
    const folders = linesOf(await inside(name, WRITABLE_MOUNTS)).filter((folder) => folder !== "/dev/mqueue");
    assert.deepEqual(
      folders.filter((folder) => !/^\/opt\/redis-node\/secrets\/\w+$/.test(folder)).sort(),
      ["/data", "/opt/redis-node/secrets", "/tmp"],
      name,
    );
    assert.match(mounts, /^\S+ \/tmp tmpfs (?=\S*nosuid)(?=\S*nodev)(?=\S*noexec)(?=\S*size=1024k)/m, name);
    const run = await inside(name, "cd /tmp && echo 'echo it ran' >try && chmod +x try && ./try; rm try");
    assert.match(run, /Permission denied/i, name);
    assert.doesNotMatch(run, /it ran/, name);
    assert.match(await inside(name, "echo >/opt/redis-node/node.sh || true"), /Permission denied|can't create/i, name);
  }
}

describe("hardening", () => {
  const project = new PulumiProject();
  let contract: Contract;
  let members: Contract["nodes"];
  let inspected: readonly Docker.ContainerInspectInfo[];
  before(async () => {
    await project.addStack("hardening", SETTINGS);
    expectSuccess(await project.up("hardening"));
    contract = await project.contract("hardening");
    members = [...contract.nodes, ...contract.sentinels];
    inspected = await Promise.all(members.map(({ name }) => container(name).inspect()));
  });
  after(() => project.dispose());

  it("no process has a capability or can gain one; all are user 999's, behind the system call filter", async () => {
    for (const { name } of members) {
      // runc's own process has its rights until it becomes the program that the engine starts.
      const processes = (await inside(name, STATUSES))
        .split(/^(?=Name:)/m)
        .filter((status) => !/^Name:\s+runc:\[/.test(status));
      assert.ok(
        processes.some((status) => /^Name:\s+redis-(server|sentinel)/.test(status)),
        name,
      );
      for (const status of processes) {
        const field = (wanted: string) => new RegExp(`^${wanted}:\\s+(.*)$`, "m").exec(status)?.[1];
        const capabilities = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(field);
        assert.deepEqual(new Set(capabilities), new Set(["0000000000000000"]), `${name}: ${status}`);
        const rest = ["NoNewPrivs", "Seccomp", "Uid", "Gid"].map(field);
        assert.deepEqual(rest, ["1", "2", "999\t999\t999\t999", "999\t999\t999\t999"], `${name}: ${status}`);
        assert.match(field("Groups")?.trim() ?? "", /^(999)?$/, `${name}: ${status}`);
      }
      assert.match(await inside(name, "cat /proc/1/limits"), /^Max core file size +0 +0 /m, name);
    }
  });

  it("a program that changes to root for everybody does not do so here", async () => {
    const { name } = members[0]!;
    await insideAs(name, "0", "cp -L /usr/bin/id /opt/redis-node/id && chmod 4755 /opt/redis-node/id");
    const seen = await inside(name, "ls -ln /opt/redis-node/id; /opt/redis-node/id -u");
    await insideAs(name, "0", "rm /opt/redis-node/id");
    assert.match(seen, /^-rws\S+ +\d+ 0 /, "the program would not change to root anywhere");
    assert.equal(linesOf(seen).at(-1), "999");
  });

  it("the user can write in its two volumes and in a small /tmp, and nowhere else", async () => {
    await assertNowhereToWrite(members.map(({ name }) => name));
  });

  it("containers share nothing with the host, and have no device and no engine's socket", () => {
    for (const { Name, HostConfig, Mounts } of inspected) {
      const { Privileged, PidMode, IpcMode, UTSMode, PublishAllPorts } = HostConfig;
      assert.deepEqual(
        { Privileged, PidMode, IpcMode, UTSMode, PublishAllPorts },
        { Privileged: false, PidMode: "", IpcMode: "none", UTSMode: "", PublishAllPorts: false },
        Name,
      );
      const { Devices, CapAdd } = HostConfig as { readonly Devices: unknown; readonly CapAdd: unknown };
      assert.deepEqual([Devices ?? [], CapAdd ?? []], [[], []], Name);
      assert.deepEqual(
        Mounts.map(({ Type, Destination }) => `${Type} ${Destination}`).sort(),
        ["volume /data", "volume /opt/redis-node/secrets"],
        Name,
      );
    }
  });

  it("containers are made from the image's id, within limits of memory, with logs that are rotated", async () => {
    const { Id } = await engine.getImage(IMAGE).inspect();
    const MIB = 1024 * 1024;
    for (const { Name, Config, HostConfig } of inspected) {
      assert.equal(Config.Image, Id, Name);
      const limitMb = Name.includes("sentinel") ? SETTINGS.sentinelMemoryLimitMb : SETTINGS.memoryLimitMb;
      assert.deepEqual(
        [HostConfig.Memory, HostConfig.MemorySwap],
        [Number(limitMb) * MIB, Number(limitMb) * MIB],
        Name,
      );
      assert.deepEqual(
        HostConfig.LogConfig,
        { Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } },
        Name,
      );
    }
  });

  it("ports are open on the address that is set, and on no other one of the host", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address);
    assert.notEqual(others.length, 0, "the host has no other address to try");
    for (const { Name, HostConfig } of inspected) {
      const bindings = Object.values((HostConfig.PortBindings ?? {}) as Docker.PortMap).flat();
      assert.deepEqual(
        bindings.map(({ HostIp }) => HostIp),
        ["127.0.0.1"],
        Name,
      );
    }
    for (const { name, host, port } of members) {
      assert.equal(await accepts(host, port), true, name);
      const open = await Promise.all(others.map(async (address) => ((await accepts(address, port)) ? address : "")));
      assert.deepEqual(open.filter(Boolean), [], `${name}: port ${port} is open on other addresses`);
    }
  });

  it("the network has the deployment's members only, and containers outside of it reach none", async () => {
    const network: Docker.NetworkInspectInfo = await engine.getNetwork(contract.deployment).inspect();
    assert.deepEqual(
      Object.values(network.Containers ?? {})
        .map(({ Name }) => Name)
        .sort(),
      members.map(({ name }) => name).sort(),
    );
    for (const { NetworkSettings, Name } of inspected) {
      assert.deepEqual(Object.keys(NetworkSettings.Networks), [contract.deployment], Name);
    }
    const [node] = contract.nodes;
    const [gateway] = networkInterfaces().docker0 ?? [];
    const asked = [`${node!.announced.host} -p ${node!.announced.port}`];
    const ask = (places: readonly string[]) =>
      places.map((at) => `timeout 2 redis-cli --tls --insecure -h ${at} PING 2>&1 || echo none`).join("\n");
    assert.match(await inside(contract.nodes[1]!.name, ask(asked)), /NOAUTH/, "nobody reaches it at all");
    const published = gateway === undefined ? [] : [`${gateway.address} -p ${node!.port}`];
    assert.doesNotMatch(await stranger(ask([...asked, ...published])), /NOAUTH|PONG/);
  });

  it("none of it is seen as a change: up, up --refresh, preview --refresh", async () => {
    expectSuccess(await project.up("hardening", "--expect-no-changes"));
    expectSuccess(await project.up("hardening", "--refresh", "--expect-no-changes"));
    expectSuccess(await project.preview("hardening", "--refresh", "--expect-no-changes"));
  });
});

describe("hardening of other images", () => {
  const project = new PulumiProject();
  after(() => project.dispose());
  const images = { valkey: () => needImage("valkey/valkey:8.1"), bare: buildBareImage };
  Object.entries(images).forEach(([kind, getImage], index) => {
    it(`the user can write in its volumes and in /tmp only: ${kind}`, async () => {
      const name = `hardening-${kind}`;
      await project.addStack(kind, {
        name,
        image: await getImage(),
        topology: "replication",
        replicas: 0,
        redisPort: 19800 + 20 * index,
        dataVolumes: "delete",
      });
      expectSuccess(await project.up(kind));
      await assertNowhereToWrite([`${name}-master`]);
      expectSuccess(await project.up(kind, "--refresh", "--expect-no-changes"));
    });
  });
});
