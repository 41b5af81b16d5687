import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { redisOptions } from "../../outputs/clientOptions";
import { parseContract, type Connection } from "../../outputs/contract";
import { leftovers } from "../support/engine";
import { ExampleProject, python } from "../support/exampleProject";
import { goRedis, lettuce, runExample } from "../support/exampleClients";
import { expectSuccess, PulumiProject, run } from "../support/pulumiProject";

const root = join(__dirname, "..", "..");

/** The same connection, but that every member is said to be where nobody listens. */
function withoutWayThrough(connection: string): string {
  const { natMap, ...rest } = JSON.parse(connection) as { natMap: object };
  const nowhere = Object.keys(natMap).map((address) => [address, { host: "127.0.0.1", port: 1 }] as const);
  return JSON.stringify({ ...rest, natMap: Object.fromEntries(nowhere) });
}

describe("who consumes the outputs", () => {
  const project = new PulumiProject();
  let connection = "";
  before(async () => {
    await project.addStack("used", {
      name: "used",
      redisPort: 18080,
      sentinelPort: 28080,
      tls: true,
      downAfterMs: 1000,
      failoverTimeoutMs: 10_000,
      dataVolumes: "delete",
    });
    expectSuccess(await project.up("used"));
    const args = ["stack", "output", "connection", "--json", "--show-secrets", "--stack", "used"];
    connection = expectSuccess(await project.pulumi(args)).stdout;
  });
  after(() => project.dispose());

  it("ioredis takes the output as it is", async () => {
    const example = ["--import", "tsx", join(root, "examples", "ioredis", "main.ts")];
    const { stdout } = expectSuccess(await run(process.execPath, example, root, process.env, connection));
    assert.equal(stdout, "hello from ioredis\n");
  });

  it("who only reads may read from a replica", async () => {
    const reader = new Redis(redisOptions(await project.contract("used"), { node: "replica" }));
    assert.match(await reader.info("replication"), /^role:slave/m);
    reader.disconnect();
  });

  it("redis-py takes it in three lines, and with address translation in a few more", async () => {
    for (const [file, greeting] of [
      ["main.py", "hello from redis-py"],
      ["outside.py", "hello from outside"],
    ] as const) {
      const example = join(root, "examples", "redis-py", file);
      const { stdout } = expectSuccess(await run(python, [example], root, process.env, connection));
      assert.equal(stdout, `${greeting}\n`);
    }
  });

  it("redis-cli gets in with the authority as a file, and not without", async () => {
    const { password, tls } = JSON.parse(connection) as { password: string; tls: { ca: string } };
    const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-ca-"));
    writeFileSync(join(folder, "ca.crt"), tls.ca);
    const ping = (...options: string[]) =>
      run("redis-cli", [...options, "-h", "127.0.0.1", "-p", "18080", "--user", "app", "PING"], folder, {
        ...process.env,
        REDISCLI_AUTH: password,
      });
    try {
      assert.equal((await ping("--tls", "--cacert", "ca.crt")).stdout, "PONG\n");
      assert.match((await ping("--tls")).output, /certificate verify failed|SSL_connect failed/);
      assert.doesNotMatch((await ping()).output, /PONG/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("go-redis takes it with a dialer that translates addresses", async function () {
    const { stdout } = expectSuccess(await runExample(goRedis(this), connection));
    assert.equal(stdout, "hello from go-redis\n");
    const { code, output } = await runExample(goRedis(this), withoutWayThrough(connection));
    assert.notEqual(code, 0, "it did not use natMap");
    assert.match(output, /127\.0\.0\.1:1: connect: connection refused/);
  });

  it("Lettuce takes it with a resolver that translates addresses", async function () {
    const example = await lettuce(this);
    const { stdout } = expectSuccess(await runExample(example, connection));
    assert.match(stdout, /hello from Lettuce$/m);
    const { code, output } = await runExample(example, withoutWayThrough(connection));
    assert.notEqual(code, 0, "it did not use natMap");
    assert.match(output, /Connection refused: \/127\.0\.0\.1:1\b/);
  });

  it("a preview and the outputs mask what is secret, and only that", async () => {
    const { stdout } = expectSuccess(await project.pulumi(["stack", "output", "--json", "--stack", "used"]));
    const outputs = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([outputs.users, outputs.connection], ["[secret]", "[secret]"]);
    assert.deepEqual([outputs.contractVersion, outputs.topology, outputs.masterName], [2, "sentinel", "mymaster"]);
    assert.throws(() => parseContract(outputs), /secret outputs are masked; read them with --show-secrets/);
  });

  it("any other language gets environment variables, and the secrets only when asked for", async () => {
    const shown = expectSuccess(await project.command(["outputs", "used", "--dotenv", "--show-secrets"])).stdout;
    const variables = parseEnv(shown) as Record<string, string>;
    const { username, password } = JSON.parse(connection) as Connection;
    assert.deepEqual([variables.REDIS_USERNAME, variables.REDIS_PASSWORD], [username, password]);
    assert.equal(variables.REDIS_SENTINELS, "127.0.0.1:28080,127.0.0.1:28081,127.0.0.1:28082");
    const masked = expectSuccess(await project.command(["outputs", "used", "--dotenv", "--from", "network"])).stdout;
    assert.match(masked, /^REDIS_SENTINELS=172\.[\d.]+:26379,/m);
    assert.ok(!masked.includes(password), masked);
    const { code, output } = await project.command(["outputs", "used", "--dotenv", "--user", "nobody"]);
    assert.equal(code, 1);
    assert.match(output, /used has no user nobody; there are admin, app,/);
  });

  it("status says who is master, in words and for machines", async () => {
    const { stdout } = expectSuccess(await project.command(["status", "used"]));
    assert.match(stdout, /master is used-master \(127\.0\.0\.1:18080\), 2 of 2 replicas in sync, quorum OK/);
    const machine = expectSuccess(await project.command(["status", "used", "--json"]));
    assert.ok(JSON.stringify(JSON.parse(machine.stdout)).includes("used-master"));
  });

  it("logs show every member's, connect talks to the master without a password in sight", async () => {
    const logs = expectSuccess(await project.command(["logs", "--stack", "used", "--tail", "5"]));
    for (const name of ["used-master", "used-replica-2", "used-sentinel-3"]) {
      assert.ok(logs.stdout.includes(name), `no line of ${name} in\n${logs.stdout}`);
    }
    const role = expectSuccess(await project.command(["connect", "--stack", "used"], "ROLE\n"));
    assert.match(role.stdout, /master/);
  });

  it("failover hands over, and status, the next up and the clients agree", async () => {
    expectSuccess(await project.command(["failover", "used", "--yes", "--to", "used-replica-2"]));
    assert.match(expectSuccess(await project.command(["status", "used"])).stdout, /master is used-replica-2/);
    expectSuccess(await project.up("used", "--expect-no-changes"));
    const client = new Redis(JSON.parse(connection) as object);
    assert.equal(await client.set("after", "failover"), "OK");
    client.disconnect();
  });

  it("an absent stack, an unknown command and an unknown option get a sentence", async () => {
    for (const [args, sentence] of [
      [["status", "nowhere"], /no stack "nowhere" of this program; there are used; a new one begins/],
      [["statsu"], /unknown command 'statsu'[^]*status/],
      [["status", "--wacth"], /unknown option '--wacth'[^]*--watch/],
    ] as const) {
      const { code, output } = await project.command(args);
      assert.ok(code === 1 || code === 2, `exit code ${code}`);
      assert.match(output, sentence);
      assert.doesNotMatch(output, /^\s+at /m);
    }
  });
});

describe("a program of one's own", () => {
  const program = new ExampleProject("own-program", "own");
  after(() => program.dispose());

  it("deploys with the components, and changes nothing the second time", async () => {
    await program.init();
    expectSuccess(await program.up());
    expectSuccess(await program.up("--expect-no-changes"));
    assert.deepEqual(await program.output("masterEndpoint"), { host: "127.0.0.1", port: 16380 });
    expectSuccess(await program.destroy());
    assert.deepEqual(await leftovers("own-cache"), []);
  });
});
