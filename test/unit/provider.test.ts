import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import { SettingsError } from "../../config/problems";
import { secretSettings, settingNames } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { judgeSurvey } from "../../engine/judgeSurvey";
import type { EngineSurvey } from "../../engine/survey";
import { inProgramWords } from "../../provider/inProgramWords";
import { DEPLOYMENT_TYPE, packageSchema } from "../../provider/packageSchema";
import { settingsOf } from "../../provider/settingsOf";
import { TypeSpecs } from "../../provider/typeSpecs";

const { resources, types } = packageSchema("1.2.3");
const { inputProperties: inputs, properties: outputs, required } = resources[DEPLOYMENT_TYPE]!;

describe("the schema of the package for other languages", () => {
  it("has every setting as an input, described, and those secret that are", () => {
    assert.deepEqual(Object.keys(inputs), settingNames);
    const undescribed = Object.entries(inputs).filter(([, { description = "" }]) => !description.endsWith("."));
    assert.deepEqual(undescribed, []);
    const secret = Object.keys(inputs).filter((name) => inputs[name]!.secret);
    assert.deepEqual(secret, [...secretSettings]);
  });

  it("has types, choices and defaults", () => {
    assert.deepEqual([inputs.replicas!.type, inputs.replicas!.default], ["integer", 2]);
    assert.deepEqual(inputs.appKeys!.items, { type: "string" });
    assert.equal(inputs.topology!.default, "sentinel");
    assert.equal(inputs.topology!.$ref, "#/types/redis-on-docker:index:Topology");
    assert.deepEqual(types["redis-on-docker:index:Topology"], {
      type: "string",
      enum: [{ value: "sentinel" }, { value: "replication" }],
    });
    assert.deepEqual(inputs.hosts!.items, { $ref: "#/types/redis-on-docker:index:Host" });
    assert.equal(inputs.subnet!.default, undefined, "what is empty is absent");
  });

  it("names the deployment after the resource unless another name is given", () => {
    assert.equal(inputs.name!.default, undefined);
    assert.match(inputs.name!.description!, /By default the name of the resource\.$/);
  });

  // Programs in other languages are written against these names.
  it("has the outputs of the contract, and named types", () => {
    const always = "contractVersion deployment topology masterName quorum checkTimeoutS sentinels nodes natMap users";
    assert.deepEqual(required, [...always.split(" "), "connection"]);
    assert.deepEqual(
      Object.keys(outputs).filter((name) => !required.includes(name)),
      ["network", "tls"],
    );
    assert.deepEqual(
      Object.keys(outputs).filter((name) => outputs[name]!.secret),
      ["users", "tls", "connection"],
    );
    const names = "Appendfsync ClientTls Connection DataVolumes Endpoint Host LogLevel MaxmemoryPolicy Member Network";
    assert.deepEqual(
      Object.keys(types).sort(),
      [...names.split(" "), ..."Restart TlsClientCertificates Topology User".split(" ")].map(
        (name) => `redis-on-docker:index:${name}`,
      ),
    );
  });

  it("refuses to be made from what Pulumi cannot express, or where two types would have one name", () => {
    const specs = new TypeSpecs("p:index");
    assert.throws(() => specs.property("odd", { type: "null" }), /odd has a type that a Pulumi package cannot express/);
    specs.property("mode", { enum: ["a"] });
    assert.deepEqual(specs.property("mode", { enum: ["a"] }), { $ref: "#/types/p:index:Mode" });
    assert.throws(() => specs.property("mode", { enum: ["b"] }), /two different types .* p:index:Mode/);
  });
});

/** The reasons with which settings are refused, by their path. */
async function refused(resource: string, given: pulumi.Inputs): Promise<Readonly<Record<string, string>>> {
  try {
    await settingsOf(resource, given);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return Object.fromEntries(error.problems.map(({ path, reason }) => [path, reason]));
  }
  return assert.fail("accepted");
}

describe("the settings of a resource", () => {
  it("are those given, with a name and defaults; null is nothing, and computed values are waited for", async () => {
    const { settings } = await settingsOf("cache", { replicas: pulumi.output(1), image: null, quorum: undefined });
    assert.deepEqual(settings, parseDeployment({ name: "cache", replicas: 1 }));
    assert.equal((await settingsOf("My Resource", { name: "queue" })).settings.name, "queue");
  });

  it("may be secret", async () => {
    const { settings } = await settingsOf("cache", { password: pulumi.secret("a-password-of-mine") });
    assert.equal(settings.password, "a-password-of-mine");
    const { password } = await refused("cache", { password: pulumi.secret("short") });
    assert.match(password!, /^got a value that does not fit/);
  });

  it("are refused with a reason that says where the name comes from", async () => {
    const { name } = await refused("My Resource", {});
    assert.match(name!, /^is the resource's name, since no other is given; got "My Resource"; allowed: lower-case/);
    assert.match((await refused("cache", { name: "My Name" })).name!, /^got "My Name"/);
  });

  it("are refused in a preview that does not know them yet, deep inside, too", async () => {
    const reasons = await refused("cache", { masterName: unknown(), hosts: [{ name: "a", address: unknown() }] });
    assert.deepEqual(Object.keys(reasons), ["masterName", "hosts"]);
    assert.match(
      reasons.hosts!,
      /not made yet, so a preview cannot plan with it; fix: give a value that is known ahead/,
    );
  });

  it("are one deployment's", async () => {
    assert.match((await refused("cache", { deployments: {} })).deployments!, /fix: make another resource/);
  });

  it("bring warnings along", async () => {
    const { warnings } = await settingsOf("cache", { sentinels: 2 });
    assert.match(warnings[0]!, /2 Sentinels survive no more failures/);
  });
});

const unknown = () =>
  new (pulumi.output("").constructor as new (...args: unknown[]) => pulumi.Output<string>)(
    [],
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(false),
    Promise.resolve([]),
  );

describe("sentences about settings, for someone who gives them in a program", () => {
  it("name the setting and the value instead of a command", () => {
    for (const [sentence, expected] of [
      ["fix: pulumi config set quorum 0", "fix: set quorum to 0"],
      ["fix: pulumi config set --path 'hosts[0].address' ADDRESS", "fix: set hosts[0].address to ADDRESS"],
      ["fix: pulumi config set --secret tlsKey < FILE", "fix: set tlsKey to the text of the file"],
      ["fix: pulumi config set save '900 1 300 10'", "fix: set save to '900 1 300 10'"],
      ["Fix: pulumi config rm maxmemory", "Fix: remove maxmemory"],
      ["to it (pulumi config set replicas 2).", "to it (set replicas to 2)."],
      ["set redisPort PORT, or pulumi config set name NAME", "set redisPort PORT, or set name to NAME"],
      ["fix: edit the stack's file, Pulumi.STACK.yaml", "fix: correct it in the program"],
    ] as const) {
      assert.equal(inProgramWords(sentence), expected);
    }
  });

  it("name no command, whichever rule is broken", async () => {
    const broken: readonly pulumi.Inputs[] = [
      { replicas: 21, downAfterMs: "soon", topology: "ring", appendonly: 1, hosts: "a", users: [{ name: "A" }] },
      { tlsKey: "x", tlsAuthorities: "y", password: "z", extraRedisConf: ["port 1"], [`odd "name"`]: 1, replica: 1 },
      { quorum: 4, minReplicasToWrite: 3, maxmemoryMb: 512, memoryLimitMb: 256, sentinelMemoryLimitMb: 31 },
      { memoryLimitMb: 8, redisPort: 65_535, sentinelPort: 65_534, previousPassword: "a-password-of-old" },
      {
        redisPort: 26_378,
        tlsRenewDays: 365,
        masterSuffix: "replica-1",
        users: [{ name: "app", keys: [], commands: [] }],
      },
      { hosts: ["10.0.0.1", "10.0.0.1"].map((address) => ({ name: "a", endpoint: "unix:///a", address })) },
    ];
    for (const given of broken) {
      for (const [path, reason] of Object.entries(await refused("cache", given))) {
        assert.match(reason, /fix|Fix|allowed/, path);
        assert.doesNotMatch(inProgramWords(reason), /pulumi config|Pulumi\.STACK/, path);
      }
    }
    const plan = planDeployment(parseDeployment({ redisPort: 1 }), "unix:///a");
    const survey: EngineSurvey = {
      containers: [
        { name: "redis-replica-1", ports: [{ ip: "0.0.0.0", port: 1 }], state: "running", id: "", imageId: "" },
      ],
      networks: [{ name: "redis", subnets: [plan.networks[0]!.subnet] }],
      foreignPorts: new Map(),
      imageProblem: "no registry",
    };
    const found = judgeSurvey(plan, "unix:///a", survey, { owner: "p/s" });
    assert.ok(found.length >= 3, `only ${found.length} problems`);
    for (const { path, reason } of found) {
      assert.doesNotMatch(inProgramWords(reason), /pulumi config/, path);
    }
  });
});
