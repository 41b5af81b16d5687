import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { policyPackOptions } from "../../ops/policyPack";
import { resourceRules } from "../../policy/rules";
import { leftovers } from "../support/engine";
import { committedSettings, expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";

/** A preview with the policies, as `npm run preview` asks for it. */
const checked = (project: PulumiProject, stack: string): Promise<Ended> =>
  project.preview(stack, ...policyPackOptions());

/** Which rules a preview names, and whether they stop it: `[mandatory]  published-ports  (...)`. */
const named = ({ output }: Ended, severity: "mandatory" | "advisory"): readonly string[] => {
  const lines = output.matchAll(new RegExp(`\\[${severity}\\]\\s+([\\w-]+)`, "g"));
  return [...new Set([...lines].map(([, name]) => name!))].sort();
};

describe("policy: the project's own program", () => {
  const project = new PulumiProject();
  after(() => project.dispose());

  for (const [stack, advice, port] of [
    ["dev", [], 19600],
    ["prod", ["image-digest"], 19640],
  ] as const) {
    it(`keeps to every rule in ${stack}`, async () => {
      const ports = { name: `policy-${stack}`, redisPort: port, sentinelPort: port + 10_000 };
      await project.addStack(stack, { ...committedSettings(stack), ...ports });
      const ended = expectSuccess(await checked(project, stack));
      assert.match(ended.output, /redis-on-docker@v\d/, "the pack was not asked");
      assert.doesNotMatch(ended.output, /can't run policy/);
      assert.deepEqual([named(ended, "mandatory"), named(ended, "advisory")], [[], advice]);
    });
  }

  it("is refused in prod when a setting breaks a rule", async () => {
    project.configure("prod", {
      ...committedSettings("prod"),
      dataVolumes: "delete",
      memoryLimitMb: 0,
      maxmemoryMb: 0,
    });
    const ended = await checked(project, "prod");
    assert.notEqual(ended.code, 0);
    assert.deepEqual(named(ended, "mandatory"), ["data-kept", "memory-limit"]);
  });
});

describe("policy: a program that breaks every rule", () => {
  const project = new PulumiProject("test/support/everyRuleBroken.ts");
  before(() => project.addStack("prod", {}));
  after(() => project.dispose());

  it("is refused by a preview, which names every rule and every place", async () => {
    const ended = await checked(project, "prod");
    assert.notEqual(ended.code, 0, ended.output);
    assert.deepEqual(
      [...named(ended, "mandatory"), ...named(ended, "advisory")].sort(),
      resourceRules.map(({ name }) => name).sort(),
    );
    assert.deepEqual(named(ended, "advisory"), ["image-digest"]);
    for (const said of [
      "container open: port 6379 is published on 0.0.0.0; allowed: 127.0.0.1, or an address in the settings bindAddress or hosts; fix: ",
      "container open: /var/run/docker.sock of the host is mounted",
      "container on-host: networkMode is host",
      "volume volume: it is not protected",
      "deployment base: dataVolumes is delete",
      "group group: 1 of 2 Sentinels decide that the master is down; allowed: a majority, 2 to 2; fix: ",
    ]) {
      assert.ok(ended.output.includes(said), `${said} is not in\n${ended.output}`);
    }
    assert.doesNotMatch(ended.output, /hunter22/);
  });

  it("passes a port that the settings name", async () => {
    project.configure("prod", { bindAddress: "0.0.0.0", network: "host" });
    const names = named(await checked(project, "prod"), "mandatory");
    assert.deepEqual(
      names.filter((name) => /port|network/.test(name)),
      [],
    );
  });

  it("leaves nothing behind", async () => {
    assert.deepEqual(await leftovers("broken"), []);
  });
});

describe("policy: generated secrets in the environment", () => {
  const project = new PulumiProject("test/support/generatedInEnvironment.ts");
  before(() => project.addStack("dev", {}));
  after(() => project.dispose());

  it("are found as soon as they are known", async () => {
    expectSuccess(await checked(project, "dev"));
    const password = "urn:pulumi:dev::redis-on-docker::random:index/randomPassword:RandomPassword::generated";
    const key = "urn:pulumi:dev::redis-on-docker::tls:index/privateKey:PrivateKey::generated-key";
    expectSuccess(await project.up("dev", "--target", password, "--target", key));
    const ended = await checked(project, "dev");
    assert.notEqual(ended.code, 0);
    assert.deepEqual(named(ended, "mandatory"), [
      "no-generated-key-in-environment",
      "no-generated-password-in-environment",
    ]);
    assert.match(ended.output, /container leaking: the environment variable ARGUMENTS has a generated password in it/);
    assert.match(ended.output, /container leaking-key: the environment variable IDENTITY has a generated private key/);
  });
});
