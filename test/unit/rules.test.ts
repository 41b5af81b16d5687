import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { SettingsError } from "../../config/problems";
import { ownedDirective } from "../../config/redisDirectives";
import { parseStackSettings } from "../../config/settings";

function refused(raw: Readonly<Record<string, unknown>>): Map<string, string> {
  try {
    parseStackSettings(raw);
  } catch (error) {
    assert.ok(error instanceof SettingsError, `not a SettingsError: ${String(error)}`);
    const reasons = new Map<string, string>();
    error.problems.forEach(({ path, reason }) => reasons.set(path, `${reasons.get(path) ?? ""}${reason}\n`));
    return reasons;
  }
  return assert.fail(`accepted ${JSON.stringify(raw)}`);
}

const host = (name: string, address: string) => ({ name, endpoint: `tcp://${address}:2375`, address });

describe("rules between settings", () => {
  const cases: readonly [what: string, raw: Record<string, unknown>, path: string, reason: RegExp][] = [
    ["a quorum above the number of Sentinels", { quorum: 4 }, "quorum", /is 4, more than the 3 Sentinels.*fix:/],
    [
      "a fence above the number of replicas",
      { minReplicasToWrite: 3 },
      "minReplicasToWrite",
      /more than the 2 replicas/,
    ],
    [
      "maxmemory above the memory limit",
      { maxmemoryMb: 512, memoryLimitMb: 256 },
      "maxmemoryMb",
      /not below .*memoryLimitMb \(256\).*set maxmemoryMb 153/,
    ],
    ["maxmemory equal to the memory limit", { maxmemoryMb: 256, memoryLimitMb: 256 }, "maxmemoryMb", /not below/],
    ["a memory limit in which Redis cannot start", { memoryLimitMb: 8 }, "memoryLimitMb", /too little/],
    [
      "one in which a Sentinel cannot",
      { sentinelMemoryLimitMb: 31 },
      "sentinelMemoryLimitMb",
      /too little.*32 and more/,
    ],
    ["replicas beyond the last port", { redisPort: 65_535 }, "redisPort", /port 65537; allowed: at most 65533/],
    ["Sentinels beyond the last port", { sentinelPort: 65_534 }, "sentinelPort", /port 65536; allowed: at most 65533/],
    [
      "a node and a Sentinel on one port",
      { sentinelPort: 6381 },
      "sentinelPort",
      /redis-sentinel-1 and redis-replica-1 would both have port 6381/,
    ],
    [
      "a Sentinel with a replica's name",
      { sentinelSuffix: "replica" },
      "sentinelSuffix",
      /both have the name redis-replica-1/,
    ],
    [
      "a redis.conf line that the program owns",
      { extraRedisConf: ["hz 20", "requirepass x"] },
      "extraRedisConf[1]",
      /"requirepass" is set by the program \(use password/,
    ],
    [
      "two hosts of one name",
      { hosts: [host("a", "10.0.0.1"), host("a", "10.0.0.2")] },
      "hosts[1].name",
      /is a, as hosts\[0\]'s/,
    ],
    [
      "two hosts on one address",
      { hosts: [host("a", "10.0.0.1"), { ...host("b", "10.0.0.2"), address: "10.0.0.1" }] },
      "hosts[1].address",
      /is 10\.0\.0\.1, as hosts\[0\]'s/,
    ],
    [
      "two hosts with one engine",
      { hosts: [host("a", "10.0.0.1"), { ...host("b", "10.0.0.2"), endpoint: "tcp://10.0.0.1:2375" }] },
      "hosts[1].endpoint",
      /different endpoint/,
    ],
    [
      "a host that the others cannot reach",
      { hosts: [host("a", "10.0.0.1"), host("b", "127.0.0.2")] },
      "hosts[1].address",
      /cannot reach it/,
    ],
  ];
  for (const [what, raw, path, reason] of cases) {
    it(`refuses ${what}`, () => {
      const problems = refused(raw);
      assert.match(problems.get(path) ?? `nothing at ${path}, only ${[...problems.keys()].join()}`, reason);
    });
  }

  it("refuses two deployments on one port, under one name, in one network", () => {
    const problems = refused({ deployments: { one: {}, two: { name: "one" } } });
    assert.match(
      problems.get("deployments.two.redisPort") ?? "",
      /^one-master \(deployment two\) and one-master \(deployment one\) .*; fix: pulumi config set --path 'deployments\.two\.redisPort' PORT$/m,
    );
    assert.match(
      problems.get("deployments.two.name") ?? "",
      /fix: pulumi config set --path 'deployments\.two\.name' VALUE$/m,
    );
    assert.match(
      problems.get("deployments.two.subnet") ?? "",
      /overlaps .* of deployment one .*fix: pulumi config set --path 'deployments\.two\.subnet' 172/,
    );
  });

  it("refuses two members of one name in one of several deployments, which another suffix would mend", () => {
    const problems = refused({ deployments: { a: { sentinelSuffix: "replica" } } });
    assert.match(
      problems.get("deployments.a.sentinelSuffix") ?? "",
      /fix: pulumi config set --path 'deployments\.a\.sentinelSuffix' VALUE/,
    );
  });

  it("lets two deployments with ports of their own live on one engine", () => {
    const { deployments } = parseStackSettings({
      deployments: { one: {}, two: { redisPort: 6480, sentinelPort: 26479 } },
    });
    assert.equal(deployments.length, 2);
  });

  it("does not ask for a quorum where there are no Sentinels", () => {
    assert.deepEqual(parseStackSettings({ topology: "replication", quorum: 4 }).warnings, []);
  });

  it("warns of an even number of Sentinels, and says what to set", () => {
    const [warning] = parseStackSettings({ sentinels: 4 }).warnings;
    assert.match(
      warning ?? "",
      /4 Sentinels survive no more failures than 3 would.*use 3 or 5 \(pulumi config set sentinels 5\)/,
    );
  });

  it("warns where one node that is away would keep all writes out", () => {
    const [warning] = parseStackSettings({ replicas: 2, minReplicasToWrite: 2 }).warnings;
    assert.match(
      warning ?? "",
      /all writes are refused while a single node is away, .*\(pulumi config set replicas 3\)/,
    );
    assert.deepEqual(parseStackSettings({ replicas: 2, minReplicasToWrite: 1 }).warnings, []);
  });

  it("warns of Sentinels without a replica, of two hosts, and of a memory limit without maxmemory", () => {
    const hosts = [host("a", "10.0.0.1"), host("b", "10.0.0.2")];
    const { warnings } = parseStackSettings({ replicas: 0, hosts, memoryLimitMb: 256 });
    assert.deepEqual(
      [/no replica/, /two hosts/, /set maxmemoryMb 153/].map((text, index) => text.test(warnings[index] ?? "")),
      [true, true, true],
    );
  });
});

describe("the place of what is wrong, in a stack of deployments", () => {
  const PEM = "-----BEGIN CERTIFICATE-----\n";
  const free = { redisPort: 6480, sentinelPort: 26479 };
  const user = { name: "admin", keys: ["*"], commands: ["@read"] };
  const cases: readonly [what: string, raw: Record<string, unknown>, path: string, fix: string][] = [
    [
      "a setting of one of two",
      { deployments: { a: free, b: { quorum: 4 } } },
      "deployments.b.quorum",
      "set --path 'deployments.b.quorum' 0",
    ],
    [
      "a setting of the only one",
      { deployments: { b: { quorum: 4 } } },
      "deployments.b.quorum",
      "set --path 'deployments.b.quorum' 0",
    ],
    [
      "a deployment by its key, whatever its name is",
      { deployments: { b: { name: "cache", quorum: 4 } } },
      "deployments.b.quorum",
      "set --path 'deployments.b.quorum' 0",
    ],
    [
      "a common setting that does not fit one of them, which another one may need",
      { minReplicasToWrite: 1, deployments: { a: free, b: { replicas: 0 } } },
      "deployments.b.minReplicasToWrite",
      "set --path 'deployments.b.minReplicasToWrite' 0",
    ],
    [
      "an item of a list of its own",
      { deployments: { b: { users: [user] } } },
      "deployments.b.users[0].name",
      "set --path 'deployments.b.users[0].name' NAME",
    ],
    [
      "an item of a common list, which is nowhere else",
      { users: [user], deployments: { b: {} } },
      "deployments.b.users[0].name",
      "set --path 'users[0].name' NAME",
    ],
    [
      "what is to be removed of its own",
      { deployments: { b: { rotations: ["nobody:1"] } } },
      "deployments.b.rotations[0]",
      "rm --path 'deployments.b.rotations[0]'",
    ],
    [
      "what is to be removed of the common ones",
      { previousPassword: "of-mine-0123456789", deployments: { a: free, b: {} } },
      "deployments.b.previousPassword",
      "rm previousPassword",
    ],
    [
      "a file with a secret",
      { deployments: { b: { tlsAuthorities: PEM, tlsCertificate: PEM } } },
      "deployments.b.tlsKey",
      "set --secret --path 'deployments.b.tlsKey' < FILE",
    ],
  ];
  for (const [what, raw, path, fix] of cases) {
    it(`is that of ${what}`, () => {
      const reason = refused(raw).get(path) ?? "";
      assert.ok(reason.endsWith(`fix: pulumi config ${fix}\n`), reason || `nothing at ${path}`);
      assert.equal(reason.split("\n").length, 2, "said once");
    });
  }

  it("is the stack's file where a command would have to quote the key", () => {
    const reason = refused({ deployments: { "my cache": { name: "cache", quorum: 4 } } }).get(
      'deployments["my cache"].quorum',
    );
    assert.match(reason ?? "", /; fix: edit the stack's file, Pulumi\.STACK\.yaml$/m);
  });

  it("is in warnings, too", () => {
    const { warnings } = parseStackSettings({ deployments: { b: { sentinels: 4, replicas: 0, memoryLimitMb: 256 } } });
    assert.deepEqual(
      warnings.map((warning) => /\((pulumi config .*)\)/.exec(warning)?.[1]),
      [
        "pulumi config set --path 'deployments.b.sentinels' 5",
        "pulumi config set --path 'deployments.b.replicas' 2",
        "pulumi config set --path 'deployments.b.maxmemoryMb' 153",
      ],
    );
  });
});

describe("redis.conf directives", () => {
  it("are owned whatever their case, and under their old names", () => {
    assert.ok(ownedDirective("PORT"));
    assert.ok(ownedDirective("tls-Port"));
    assert.ok(ownedDirective("slave-priority"));
    assert.ok(ownedDirective("min-slaves-to-write"));
  });

  it("are free when the program has no say in them", () => {
    for (const directive of ["hz", "slowlog-log-slower-than", "constructor", "tcp-keepalive"]) {
      assert.equal(ownedDirective(directive), undefined, directive);
    }
  });
});
