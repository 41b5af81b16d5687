import assert from "node:assert/strict";
import { join } from "node:path";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { parseContract, redisOptions } from "../../outputs";
import { DEPLOYMENT_TYPE, packageSchema, type PackageSchema } from "../../provider/packageSchema";
import { container, leftovers } from "../support/engine";
import { ExampleProject } from "../support/exampleProject";
import { expectSuccess } from "../support/pulumiProject";
import { version } from "../../package.json";

const executable = join(__dirname, "..", "..", "provider", "pulumi-resource-redis-on-docker");

/** The package as a program in YAML uses it: the one language for which nothing has to be generated. */
describe("the package for other languages", () => {
  const project = new ExampleProject("yaml-program", "test");
  const settings = (lines: string) => (text: string) =>
    text.replace("      replicas: 1\n", `      replicas: 1\n${lines}`);

  before(() => project.init());
  after(() => project.dispose());

  it("has the schema that is generated from the settings and the outputs, and Pulumi takes it", async () => {
    const { stdout } = expectSuccess(await project.pulumi("package", "get-schema", executable));
    const schema = JSON.parse(stdout) as PackageSchema;
    const generated = JSON.parse(JSON.stringify(packageSchema(version))) as PackageSchema;
    assert.deepEqual([schema.name, schema.version], ["redis-on-docker", version]);
    assert.deepEqual(schema.resources[DEPLOYMENT_TYPE], generated.resources[DEPLOYMENT_TYPE]);
    assert.deepEqual(Object.keys(schema.types).sort(), Object.keys(generated.types).sort());
  });

  it("deploys, and changes nothing the second time", async () => {
    expectSuccess(await project.preview());
    const up = expectSuccess(await project.up());
    assert.match(up.output, /all \d+ checks passed/);
    expectSuccess(await project.up("--expect-no-changes"));
  });

  it("gives the outputs that applications read, and a client its connection", async () => {
    const { stdout } = expectSuccess(
      await project.pulumi("stack", "output", "--json", "--show-secrets", "--stack", "test"),
    );
    const contract = parseContract(JSON.parse(stdout));
    assert.equal(contract.deployment, "yaml-cache");
    const client = new Redis(redisOptions(contract));
    client.on("error", () => undefined);
    try {
      assert.equal(await client.set("from", "yaml"), "OK");
    } finally {
      client.disconnect();
    }
    const status = expectSuccess(await project.command("status", "yaml-program"));
    assert.match(
      status.stdout,
      /master is yaml-cache-master \(127\.0\.0\.1:22380\), 1 of 1 replicas in sync, quorum OK/,
    );
    const masked = expectSuccess(await project.pulumi("stack", "output", "--json", "--stack", "test"));
    const { users, connection } = JSON.parse(masked.stdout) as Record<string, unknown>;
    assert.deepEqual([users, connection], ["[secret]", "[secret]"]);
  });

  it("refuses settings that do not fit with a sentence for each, and none that only a stack's file could follow", async () => {
    project.rewrite("Pulumi.yaml", settings("      downAfterMs: 1\n      name: Cache_1\n"));
    const { code, output } = await project.preview();
    project.rewrite("Pulumi.yaml", (text) => text.replace("      downAfterMs: 1\n      name: Cache_1\n", ""));
    assert.notEqual(code, 0);
    assert.match(output, /The settings of yaml-cache are not usable; nothing was changed\./);
    assert.match(
      output,
      /downAfterMs .*got 1; allowed: a whole number from 200 to 600000; fix: set downAfterMs to 5000/,
    );
    assert.match(output, /name .*got "Cache_1"; allowed: lower-case letters/);
    assert.doesNotMatch(output, /pulumi config|^\s+at /m);
  });

  it("refuses to preview what follows from another resource, which it cannot plan", async () => {
    const other = `  other:\n    type: redis-on-docker:RedisDeployment\n    properties:\n      redisPort: 22390\n      sentinelPort: 32389\n      masterName: \${yaml-cache.deployment}\n      password: \${later.users["app"]}\n  later:\n    type: redis-on-docker:RedisDeployment\n    properties:\n      redisPort: 22394\n      sentinelPort: 32394\n`;
    project.rewrite("Pulumi.yaml", (text) => text.replace("outputs:\n", `${other}outputs:\n`));
    const { code, output } = await project.preview();
    project.rewrite("Pulumi.yaml", (text) => text.replace(other, ""));
    assert.notEqual(code, 0);
    assert.match(
      output,
      /password .*follows from a resource that is not made yet, so a preview cannot plan with it; fix: give/,
    );
    assert.doesNotMatch(output, /masterName .* has a problem/);
  });

  it("fails an update whose checks find something, although no resource changes", async () => {
    project.rewrite("Pulumi.yaml", settings("      checkTimeoutS: 5\n"));
    const replica = container("yaml-cache-replica-1");
    await replica.pause();
    const { code, output } = await project.up().finally(() => replica.unpause());
    assert.notEqual(code, 0);
    assert.match(output, /yaml-cache-replica-1 does not answer/);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it("leaves nothing behind", async () => {
    expectSuccess(await project.destroy());
    assert.deepEqual(await leftovers("yaml-cache"), []);
  });
});

/** Python, with what its own SDK has: a generated one needs a newer language host than can be built. */
describe("the package in a program in Python", () => {
  const project = new ExampleProject("python-program", "test");
  before(() => project.init());
  after(() => project.dispose());

  it("deploys, gives a client its connection, and leaves nothing behind", async () => {
    expectSuccess(await project.up());
    const { stdout } = expectSuccess(
      await project.pulumi("stack", "output", "connection", "--json", "--show-secrets", "--stack", "test"),
    );
    const client = new Redis(JSON.parse(stdout) as object);
    client.on("error", () => undefined);
    try {
      assert.equal(await client.set("from", "python"), "OK");
    } finally {
      client.disconnect();
    }
    expectSuccess(await project.destroy());
    assert.deepEqual(await leftovers("python-cache"), []);
  });
});
