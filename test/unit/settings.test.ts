import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { SettingsError, type Problem } from "../../config/problems";
import { secretSettings, settingNames, type SettingName } from "../../config/schema";
import { parseDeployment, parseStackSettings } from "../../config/settings";

/** For every setting: a value of the wrong type, and values of the right type that are out of range. */
const bad: Record<SettingName, { readonly wrongType: unknown; readonly outOfRange: readonly unknown[] }> = {
  topology: { wrongType: 1, outOfRange: ["cluster"] },
  name: { wrongType: 7, outOfRange: ["", "Redis", "-redis", "a".repeat(31), "re dis", "redis;rm"] },
  replicas: { wrongType: "two", outOfRange: [-1, 21, 1.5] },
  sentinels: { wrongType: true, outOfRange: [0, 16, 2.5] },
  image: { wrongType: 8, outOfRange: ["", "Redis Latest", "redis@sha256:12"] },
  masterName: { wrongType: 1, outOfRange: ["", "my master", "a\nb"] },
  masterSuffix: { wrongType: 1, outOfRange: ["", "Master"] },
  replicaSuffix: { wrongType: 1, outOfRange: ["", "re_plica"] },
  sentinelSuffix: { wrongType: 1, outOfRange: ["", "s".repeat(21)] },
  password: {
    wrongType: 12345678,
    outOfRange: ["pass", "fifteen-letters", "has space in it 16", "quote'quote'quote'"],
  },
  previousPassword: { wrongType: 1, outOfRange: ["pass", "fifteen-letters"] },
  appKeys: {
    wrongType: "*",
    outOfRange: [[""], ["two words"], ['quote"'], ["back\\slash"], ["new\nline"], ["ключ:*"]],
  },
  appCommands: {
    wrongType: "flushdb",
    outOfRange: [[""], ["@read"], ["flush db"], ["client|"], ["flushdbs"], ["client|lst"]],
  },
  users: {
    wrongType: "reports",
    outOfRange: [
      [{}],
      [{ name: "Reports", keys: [], commands: [] }],
      [{ name: "reports", keys: ["a b"], commands: [] }],
      [{ name: "reports", keys: [], commands: ["@dangerous"] }],
      [{ name: "reports", keys: [], commands: ["flushal"] }],
    ],
  },
  defaultUser: { wrongType: "on", outOfRange: [] },
  rotations: { wrongType: "app:1", outOfRange: [["app"], ["app:0"], ["app:1+old"], ["app:1;id"], ["app:1\n"]] },
  network: { wrongType: 1, outOfRange: ["overlay"] },
  subnet: { wrongType: 1, outOfRange: ["10.0.0.0", "10.0.0.0/8", "10.0.0.1/24", "300.0.0.0/24"] },
  redisPort: { wrongType: "6380 ", outOfRange: [0, 65_536, 6380.5] },
  sentinelPort: { wrongType: [], outOfRange: [0, 65_536] },
  bindAddress: { wrongType: 1, outOfRange: ["localhost", "256.0.0.1", "127.0.0"] },
  hosts: { wrongType: "local", outOfRange: [[{}], [{ name: "a", endpoint: "http://x", address: "10.0.0.1" }]] },
  tls: { wrongType: "yes", outOfRange: [] },
  tlsClientCertificates: { wrongType: true, outOfRange: ["maybe"] },
  tlsValidityDays: { wrongType: "1y", outOfRange: [1, 3651] },
  tlsRenewDays: { wrongType: "30d", outOfRange: [0, 366] },
  tlsAuthorities: { wrongType: 1, outOfRange: ["ca.pem", "-----BEGIN PUBLIC KEY-----\n"] },
  tlsCertificate: { wrongType: [], outOfRange: ["redis.crt", "-----BEGIN CERTIFICATE-----\u001b[2J"] },
  tlsKey: { wrongType: 1, outOfRange: ["redis.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"] },
  quorum: { wrongType: "2", outOfRange: [-1, 16] },
  downAfterMs: { wrongType: "5s", outOfRange: [199, 600_001] },
  parallelSyncs: { wrongType: null, outOfRange: [0, 21] },
  failoverTimeoutMs: { wrongType: {}, outOfRange: [999, 3_600_001] },
  denyScriptsReconfig: { wrongType: "yes", outOfRange: [] },
  resolveHostnames: { wrongType: 1, outOfRange: [] },
  logLevel: { wrongType: 1, outOfRange: ["info"] },
  maxmemoryMb: { wrongType: "256mb", outOfRange: [-1, 1_048_577] },
  maxmemoryPolicy: { wrongType: 1, outOfRange: ["lru"] },
  save: { wrongType: 900, outOfRange: ["900", "900 1 300", "often"] },
  appendonly: { wrongType: "yes", outOfRange: [] },
  appendfsync: { wrongType: 1, outOfRange: ["sometimes"] },
  notifyKeyspaceEvents: { wrongType: 1, outOfRange: ["gx", "K", "KE", "Ex ", "EQ", "E\nx"] },
  minReplicasToWrite: { wrongType: "1", outOfRange: [-1, 21] },
  minReplicasMaxLagS: { wrongType: "10s", outOfRange: [0, 601] },
  modules: { wrongType: "yes", outOfRange: [] },
  extraRedisConf: { wrongType: "hz 10", outOfRange: [["hz"], ["hz 10\nport 1"], [7]] },
  memoryLimitMb: { wrongType: "1g", outOfRange: [-1, 1_048_577] },
  sentinelMemoryLimitMb: { wrongType: "64m", outOfRange: [-1, 1_048_577] },
  cpuShares: { wrongType: "512", outOfRange: [-1, 262_145] },
  cpuSet: { wrongType: 0, outOfRange: ["all", "0-", "0 1"] },
  restart: { wrongType: true, outOfRange: ["sometimes"] },
  logMaxSizeMb: { wrongType: "10m", outOfRange: [0, 10_241] },
  logMaxFiles: { wrongType: "3", outOfRange: [0, 101] },
  stopGraceS: { wrongType: "30s", outOfRange: [2, 601] },
  dataVolumes: { wrongType: true, outOfRange: ["forget"] },
  checkTimeoutS: { wrongType: "60s", outOfRange: [4, 3601] },
};

function problemsOf(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  try {
    parseStackSettings(raw);
  } catch (error) {
    assert.ok(error instanceof SettingsError, `not a SettingsError: ${String(error)}`);
    return error.problems;
  }
  return assert.fail(`accepted ${JSON.stringify(raw)}`);
}

describe("settings", () => {
  it("has a default for every setting, with the names and ports of the compose files it replaces", () => {
    const settings = parseDeployment({});
    assert.deepEqual(Object.keys(settings).sort(), [...settingNames].sort());
    const { name, topology, replicas, sentinels, masterName, redisPort, sentinelPort } = settings;
    assert.deepEqual(
      { name, topology, replicas, sentinels, masterName, redisPort, sentinelPort },
      {
        name: "redis",
        topology: "sentinel",
        replicas: 2,
        sentinels: 3,
        masterName: "mymaster",
        redisPort: 6380,
        sentinelPort: 26379,
      },
    );
    assert.deepEqual([settings.downAfterMs, settings.parallelSyncs, settings.failoverTimeoutMs], [5000, 1, 60_000]);
    assert.deepEqual([settings.denyScriptsReconfig, settings.resolveHostnames, settings.password], [true, true, ""]);
  });

  for (const name of settingNames) {
    it(`${name}: refuses a wrong type, saying where, what was given, what is allowed and the fix`, () => {
      const [problem, ...others] = problemsOf({ [name]: bad[name].wrongType });
      assert.deepEqual(others, []);
      assert.equal(problem!.path, name);
      assert.match(problem!.reason, /^got .+; allowed: .+; fix: pulumi config set .+/);
    });

    it(`${name}: refuses what is out of range`, () => {
      for (const value of bad[name].outOfRange) {
        const [problem] = problemsOf({ [name]: value });
        assert.ok(problem!.path.startsWith(name), `${JSON.stringify(value)} was reported at ${problem!.path}`);
        assert.match(problem!.reason, /got .+; allowed: .+; fix: pulumi config set /);
      }
    });

    it(`${name}: a mistyped name is answered with the right one`, () => {
      const mistyped = `${name.slice(0, -2)}${name.at(-1)!}${name.at(-2)!}x`;
      const [problem] = problemsOf({ [mistyped]: 1 });
      assert.equal(problem!.path, mistyped);
      assert.match(
        problem!.reason,
        new RegExp(`no such setting; did you mean ${name}\\? Fix: pulumi config rm ${mistyped}`),
      );
    });
  }

  it("reports all bad values at once", () => {
    const problems = problemsOf({ replicas: -1, topolgy: "x", downAfterMs: "5s", hosts: [{ nam: "a" }] });
    const paths = problems.map(({ path }) => path).sort();
    assert.deepEqual(paths, [
      "downAfterMs",
      "hosts[0].address",
      "hosts[0].endpoint",
      "hosts[0].nam",
      "hosts[0].name",
      "replicas",
      "topolgy",
    ]);
  });

  it("never shows a secret that it refuses, and sets it as one", () => {
    for (const name of secretSettings) {
      const [problem] = problemsOf({ [name]: "secret with spaces" });
      assert.doesNotMatch(problem!.reason, /secret with/);
      assert.match(problem!.reason, new RegExp(`fix: pulumi config set --secret ${name} `));
    }
  });

  for (const [what, raw] of [
    ["a quote that is not closed", { extraRedisConf: ['tls-key-file-pass "S3cret'] }],
    ["a directive without a blank", { extraRedisConf: ["S3cret"] }],
    ["lines that are no list", { extraRedisConf: "requirepass S3cret" }],
    [
      "an engine's address with a blank",
      { hosts: [{ name: "a", address: "10.0.0.1", endpoint: "tcp://me:S3cret@h ost" }] },
    ],
    ["one with a password", { hosts: [{ name: "a", address: "10.0.0.1", endpoint: "tcp://me:S3cret@host:2376" }] }],
    ["one that is no object", { hosts: ["tcp://me:S3cret@host"] }],
    ["hosts that are no list", { hosts: { a: "tcp://me:S3cret@host" } }],
    ["users with a password, and no list", { users: { name: "a", password: "S3cret" } }],
    ["a key for a certificate", { tlsCertificate: "-----BEGIN PRIVATE KEY-----\nS3cret" }],
    ["something whole in another's place", { replicas: { password: "S3cret" } }],
    [
      "the same in one of several deployments",
      { deployments: { a: { hosts: ["tcp://me:S3cret@host"] }, b: "S3cret" } },
    ],
  ] as const) {
    it(`shows nothing of a value in which a secret may be: ${what}`, () => {
      const problems = problemsOf(raw);
      assert.ok(problems.length > 0);
      assert.doesNotMatch(JSON.stringify(problems), /S3cret/);
      assert.match(problems[0]!.reason, /^got .+; allowed: .+; fix: pulumi config set .+|close or remove the quote$/);
    });
  }

  it("shows other values, and the directive of a line", () => {
    const [replicas] = problemsOf({ replicas: "many" });
    assert.match(replicas!.reason, /^got "many"; /);
    const [address] = problemsOf({ hosts: [{ name: "a", endpoint: "tcp://host:2375", address: "here" }] });
    assert.match(address!.reason, /^got "here"; /);
    const [line] = problemsOf({ extraRedisConf: ['tls-key-file-pass "S3cret'] });
    assert.match(
      line!.reason,
      /^got a value of "tls-key-file-pass" that cannot be used; allowed: quotes that are closed/,
    );
  });

  it("takes a certificate from a file", () => {
    assert.match(
      problemsOf({ tlsCertificate: "redis.crt" })[0]!.reason,
      /fix: pulumi config set tlsCertificate < FILE$/,
    );
  });

  it("names no setting when none is near", () => {
    assert.match(problemsOf({ zzzzzzzz: 1 })[0]!.reason, /no such setting; known are topology, name,/);
  });

  it("reports a count line and a line per problem", () => {
    assert.throws(
      () => parseStackSettings({ replicas: -1, sentinels: 99 }),
      /^SettingsError: 2 settings are not usable; nothing was changed\.\n {2}- replicas: .*\n {2}- sentinels: [^\n]*$/,
    );
  });
});

describe("several deployments", () => {
  const deployments = { cache: { replicas: 1 }, queue: { redisPort: 6480, sentinelPort: 26479, name: "jobs" } };

  it("take the stack's settings, their own over them, and their key as name", () => {
    const { deployments: parsed } = parseStackSettings({ downAfterMs: 1000, deployments });
    assert.deepEqual(
      parsed.map((s) => [s.name, s.replicas, s.redisPort, s.downAfterMs]),
      [
        ["cache", 1, 6380, 1000],
        ["jobs", 2, 6480, 1000],
      ],
    );
  });

  it("report problems at their own path", () => {
    const problems = problemsOf({ replicas: 99, deployments: { cache: { sentinels: "x", replcas: 1 }, Bad_Name: {} } });
    assert.deepEqual(
      problems.map(({ path }) => path).sort(),
      ["deployments.Bad_Name.name", "deployments.cache.replcas", "deployments.cache.sentinels", "replicas"].filter(
        (path) => path !== "deployments.Bad_Name.name",
      ),
    );
  });

  it("refuse a key that cannot be a name", () => {
    const [problem] = problemsOf({ deployments: { Bad_Name: {} } });
    assert.equal(problem!.path, "deployments.Bad_Name.name");
  });

  it("must be an object", () => {
    assert.match(problemsOf({ deployments: ["cache"] })[0]!.reason, /allowed: an object of deployments/);
  });

  it("cannot contain deployments again", () => {
    assert.equal(problemsOf({ deployments: { cache: { deployments: {} } } })[0]!.path, "deployments.cache.deployments");
  });
});
