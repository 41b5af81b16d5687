import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, afterEach, before, describe, it } from "mocha";
import { engine, leftovers } from "../support/engine";
import { PulumiProject, type Ended } from "../support/pulumiProject";

const settings = { name: "refused", redisPort: 18980, sentinelPort: 28979, dataVolumes: "delete" };

/** What stops before anything is created. */
describe("refusals", () => {
  const project = new PulumiProject();
  let cleanUp: (() => Promise<void>)[] = [];
  before(() => project.addStack("refused", settings));
  afterEach(async () => {
    for (const step of cleanUp) {
      await step();
    }
    cleanUp = [];
  });
  after(() => project.dispose());

  async function refusedBy(changes: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    project.configure("refused", { ...settings, ...changes });
    const ended = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", "refused"], env);
    assert.notEqual(ended.code, 0, `not refused:\n${ended.output}`);
    assert.match(ended.output, /nothing was changed/);
    assert.doesNotMatch(ended.output, /^\s+at .*:\d+:\d+/m, `a stack trace was shown:\n${ended.output}`);
    assert.deepEqual(await leftovers("refused"), []);
    return ended;
  }

  function listenOn(port: number): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer().once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(server));
    });
  }

  async function placeContainer(name: string, port?: number): Promise<void> {
    const created = await engine.createContainer({
      name,
      Image: "redis:8.0.2",
      Cmd: ["sleep", "60"],
      ...(port === undefined
        ? {}
        : {
            ExposedPorts: { "6379/tcp": {} },
            HostConfig: { PortBindings: { "6379/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] } },
          }),
    });
    cleanUp.push(() => created.remove({ force: true }));
    await created.start();
  }

  it("several bad settings at once, each with what is allowed and the fix", async () => {
    const { output } = await refusedBy({ downAfterMs: 1, topolgy: "sentinel", masterName: "my master" });
    assert.match(output, /3 settings are not usable/);
    assert.match(
      output,
      /downAfterMs: got 1; allowed: a whole number from 200 to 600000; fix: pulumi config set downAfterMs 5000/,
    );
    assert.match(output, /topolgy: no such setting; did you mean topology\?/);
  });

  it("a setting of the wrong type", async () => {
    project.configure("refused", { ...settings, replicas: "two" });
    const { code, output } = await project.up("refused");
    assert.notEqual(code, 0);
    assert.match(output, /replicas/);
    assert.match(output, /integer|whole number/);
  });

  it("a passphrase that is not the stack's, before it has a secret to try it on", async () => {
    project.configure("refused", settings);
    const { code, output } = await project.command(["up", "refused"], undefined, { PULUMI_CONFIG_PASSPHRASE: "wrong" });
    assert.equal(code, 1, output);
    assert.match(
      output,
      /secrets of stack "refused" cannot be encrypted, so nothing was changed: .*incorrect passphrase/,
    );
    assert.deepEqual(await leftovers("refused"), []);
  });

  it("the old password, and one in plain text", async () => {
    assert.match((await refusedBy({ password: "pass" })).output, /password: .*(plain text|allowed: 16 to 128)/);
    assert.match(
      (await refusedBy({ password: "a-long-enough-password" })).output,
      /password: stands in plain text.*--secret/,
    );
  });

  it("a port that another process holds, with its name", async () => {
    const server = await listenOn(18981);
    cleanUp.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { output } = await refusedBy({});
    assert.match(
      output,
      new RegExp(`redisPort: port 18981 of refused-replica-1 is taken on \\S+ by .*\\(process ${process.pid}\\)`),
    );
  });

  it("a port that another container holds, with its name", async () => {
    await placeContainer("somebody-elses-redis", 28980);
    assert.match(
      (await refusedBy({})).output,
      /sentinelPort: port 28980 of refused-sentinel-2 is taken on \S+ by the container somebody-elses-redis/,
    );
  });

  it("a name that another container has", async () => {
    await placeContainer("refused-master");
    assert.match((await refusedBy({})).output, /name: there is already a container refused-master/);
  });

  it("a network of another's that overlaps", async () => {
    const network = await engine.createNetwork({
      Name: "somebody-elses-network",
      IPAM: { Driver: "default", Config: [{ Subnet: "10.99.0.0/16" }] },
    });
    cleanUp.push(() => network.remove() as Promise<void>);
    assert.match(
      (await refusedBy({ subnet: "10.99.7.0/24" })).output,
      /subnet: 10\.99\.7\.0\/24 overlaps 10\.99\.0\.0\/16 of the network somebody-elses-network/,
    );
  });

  it("what the engine's host does not have: an address, a processor", async () => {
    const { output } = await refusedBy({ bindAddress: "203.0.113.7", cpuSet: "0-511" });
    assert.match(
      output,
      /bindAddress: is 203\.0\.113\.7, an address that the host of \S+ does not have; allowed: 0\.0\.0\.0, /,
    );
    assert.match(output, /cpuSet: is 0-511, and the host of \S+ has \d+ processors/);
  });

  it("an engine that does not answer", async () => {
    const { output } = await refusedBy({}, { DOCKER_HOST: "unix:///tmp/there-is-no-such.sock" });
    assert.match(output, /the Docker engine at unix:\/\/\/tmp\/there-is-no-such\.sock does not answer/);
  });

  it("an image that is nowhere", async () => {
    assert.match(
      (await refusedBy({ image: "localhost:1/no-such-image:1" })).output,
      /image: localhost:1\/no-such-image:1 is not on \S+ and cannot be pulled/,
    );
  });
});
