import assert from "node:assert/strict";
import { translate } from "../../checks/connections";
import { dockerOptions } from "../../engine/engineOptions";
import { errorText, failureOf } from "../../checks/failures";
import { nodeFacts } from "../../checks/lookAtNode";
import { describe as nameOf, describeAddress } from "../../checks/members";
import { progressTo } from "../../checks/progress";
import { addressOf, fieldsOf, infoOf, listOf, roleOf, versionOf } from "../../checks/replies";
import { currentMaster, lagOf, masterByRole } from "../../checks/roles";
import { renderReport, VerifyError, type Finding, type VerifyReport } from "../../checks/verify";
import { contractOf, healthyView, withNode, withSentinel } from "./checks.support";

describe("members by their addresses", () => {
  const contract = contractOf(2, 3);

  it("finds a member by the address that it announces and by the one outside", () => {
    assert.equal(translate(contract, "172.30.29.12", 6379)?.name, "redis-replica-1");
    assert.equal(translate(contract, "127.0.0.1", 6381)?.name, "redis-replica-1");
    assert.equal(translate(contract, "127.0.0.1", 26381)?.name, "redis-sentinel-3");
    assert.equal(translate(contract, "127.0.0.1", 9), undefined);
  });

  it("names members and strangers", () => {
    assert.equal(nameOf(contract.nodes[1]!), "redis-replica-1 (172.30.29.12:6379)");
    assert.equal(describeAddress(contract, { host: "127.0.0.1", port: 6381 }), "redis-replica-1 (127.0.0.1:6381)");
    assert.equal(describeAddress(contract, { host: "10.0.0.1", port: 1 }), "10.0.0.1:1");
  });
});

describe("replies", () => {
  const shapes: readonly [string, unknown][] = [
    ["a flat list (RESP2)", ["name", "mymaster", "num-slaves", "2"]],
    ["an object (RESP3)", { name: "mymaster", "num-slaves": 2 }],
    [
      "a map (RESP3)",
      new Map<string, unknown>([
        ["name", "mymaster"],
        ["num-slaves", 2],
      ]),
    ],
  ];
  shapes.forEach(([what, reply]) => {
    it(`reads the fields of ${what}`, () => {
      assert.deepEqual(fieldsOf(reply), { name: "mymaster", "num-slaves": "2" });
      assert.deepEqual(listOf([reply]), [{ name: "mymaster", "num-slaves": "2" }]);
    });
  });

  it("reads nothing from what is no list", () => {
    assert.deepEqual(fieldsOf(null), {});
    assert.deepEqual(listOf(null), []);
    assert.equal(addressOf(null), undefined);
  });

  it("reads INFO, colons in values included", () => {
    assert.deepEqual(infoOf("# Server\r\nredis_version:8.0.2\r\nexecutable:/a:b\r\n\r\n"), {
      redis_version: "8.0.2",
      executable: "/a:b",
    });
  });

  it("names Valkey by its own version, not by the Redis that it is compatible with", () => {
    assert.equal(versionOf({ redis_version: "8.0.2" }), "8.0.2");
    assert.equal(versionOf({ redis_version: "7.2.4", valkey_version: "8.1.1" }), "valkey 8.1.1");
    assert.equal(versionOf({}), "unknown");
  });

  it("reads ROLE of a master and of a replica, and refuses a Sentinel's", () => {
    assert.deepEqual(roleOf(["master", 42, []]), { role: "master", offset: 42 });
    assert.deepEqual(roleOf(["slave", "172.30.29.11", 6379, "connected", 42]), {
      role: "replica",
      master: { host: "172.30.29.11", port: 6379 },
      linkState: "connected",
      offset: 42,
    });
    assert.throws(() => roleOf(["sentinel", ["mymaster"]]), /neither master nor replica but "sentinel"/);
  });

  it("takes a node's facts from ROLE and INFO together", () => {
    const info = [
      "redis_version:8.0.2",
      "run_id:abc",
      "uptime_in_seconds:7",
      "connected_clients:3",
      "used_memory:100",
      "maxmemory:200",
      "loading:0",
      "connected_slaves:1",
      "slave0:ip=172.30.29.12,port=6379,state=online,offset=40,lag=1,type=replica",
      "db0:keys=5,expires=1,avg_ttl=0",
      "db3:keys=2,expires=0,avg_ttl=0",
    ].join("\r\n");
    const facts = nodeFacts(["master", 42, []], info, { bound: false, dropped: 0 }, 0);
    assert.deepEqual(facts.attached, [{ host: "172.30.29.12", port: 6379, state: "online", offset: 40, lagS: 1 }]);
    assert.deepEqual(
      [facts.role, facts.offset, facts.keys, facts.maxmemoryBytes, facts.runId],
      ["master", 42, 7, 200, "abc"],
    );
  });
});

describe("the master of the moment", () => {
  it("is whom a majority of the configured Sentinels names, wherever it is", () => {
    const contract = contractOf(2, 3);
    const view = healthyView(contract, 2);
    assert.equal(currentMaster(contract, view)?.name, "redis-replica-2");
    const oneElse = withSentinel(view, "redis-sentinel-1", () => ({ masterAddress: contract.nodes[0]!.announced }));
    assert.equal(currentMaster(contract, oneElse)?.name, "redis-replica-2");
    const oneSilent = withSentinel(oneElse, "redis-sentinel-2", () => ({ masterAddress: undefined }));
    assert.equal(currentMaster(contract, oneSilent), undefined);
  });

  it("without Sentinels is the one by ROLE, of two the one that is followed", () => {
    const contract = contractOf(2, 0);
    const view = healthyView(contract, 1);
    assert.equal(currentMaster(contract, view)?.name, "redis-replica-1");
    const two = withNode(view, "redis-master", () => ({ role: "master", following: undefined }));
    assert.equal(masterByRole(contract, two)?.name, "redis-replica-1");
    const none = withNode(view, "redis-replica-1", () => ({ role: "replica" }));
    assert.equal(currentMaster(contract, none), undefined);
  });

  it("has replicas that are so many bytes and seconds behind, and never ahead", () => {
    const contract = contractOf(1, 0);
    const [master, replica] = [contract.nodes[0]!, contract.nodes[1]!];
    const behind = withNode(healthyView(contract), replica.name, () => ({ offset: 900 }));
    assert.deepEqual(lagOf(contract, behind, master, replica), { bytes: 100, seconds: 1 });
    const ahead = withNode(healthyView(contract), replica.name, () => ({ offset: 1100 }));
    assert.equal(lagOf(contract, ahead, master, replica)?.bytes, 0);
  });
});

describe("failures", () => {
  const contract = contractOf(0, 0);
  const coded = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

  const cases: readonly [Error, string][] = [
    [coded("ECONNREFUSED"), "refused"],
    [new AggregateError([coded("ECONNREFUSED")]), "refused"],
    [coded("EHOSTUNREACH"), "silent"],
    [new Error("Command timed out"), "silent"],
    [coded("ECONNRESET"), "closed"],
    [new Error("Connection is closed."), "closed"],
    [new Error("WRONGPASS invalid username-password pair"), "denied"],
    [new Error("ERR max number of clients reached"), "full"],
    [new Error("LOADING Redis is loading the dataset in memory"), "error"],
  ];
  cases.forEach(([error, kind]) => {
    it(`sorts "${error.message || "several addresses"}" as ${kind}`, () =>
      assert.equal(failureOf(contract, error).kind, kind));
  });

  it("never shows a secret", () => {
    const error = new Error(`bad HELLO 3 AUTH default ${contract.connection.password}`);
    assert.equal(failureOf(contract, error).text, "bad HELLO 3 AUTH default [secret]");
    assert.equal(errorText(contract, error), "bad HELLO 3 AUTH default [secret]");
  });
});

describe("progress", () => {
  const finding = (seen: string): Finding => ({ subject: "redis-sentinel-2", seen, expected: "", remedy: "" });

  it("tells what it waits for when that changes, and at least every 5 s", () => {
    const lines: string[] = [];
    const tell = progressTo((line) => lines.push(line));
    const two = [finding("sees 1 of 2 replicas"), finding("has no quorum")];
    tell([finding("sees 0 of 2 replicas")], 100);
    tell([finding("sees 0 of 2 replicas")], 300);
    tell(two, 3200);
    tell(two, 8100);
    tell(two, 8200);
    tell(two, 8400);
    assert.deepEqual(lines, [
      "waiting 0 s: redis-sentinel-2 sees 0 of 2 replicas",
      "waiting 3 s: redis-sentinel-2 sees 1 of 2 replicas (and 1 more)",
      "waiting 8 s: redis-sentinel-2 sees 1 of 2 replicas (and 1 more)",
    ]);
  });

  it("does not tell every new figure", () => {
    const lines: string[] = [];
    const tell = progressTo((line) => lines.push(line));
    [17, 18, 19].forEach((bytes) => tell([finding(`is ${bytes} bytes behind its master`)], bytes));
    assert.equal(lines.length, 1);
  });
});

describe("the report", () => {
  const passed: VerifyReport = {
    deployment: "redis",
    master: "redis-master",
    rows: [
      { subject: "redis-master", check: "ROLE", passed: true, detail: "master" },
      { subject: "redis-master", check: "WAIT", passed: true, detail: "write acknowledged by 2 of 2 replicas" },
    ],
    findings: [],
    warnings: [],
    waitedMs: 1300,
  };

  it("is a table with a last line that sums up", () => {
    const text = renderReport(passed);
    assert.match(text, /redis-master.*ROLE.*ok.*master/);
    assert.match(text, /redis: all 2 checks passed after 1\.3 s of waiting; the master is redis-master\.$/);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(text, /\u001b/);
  });

  it("as an error says which member, what was seen and expected, and what to do", () => {
    const finding = { subject: "redis-replica-1", seen: "has no link", expected: "link up", remedy: "look" };
    const report = {
      ...passed,
      rows: [{ subject: "redis-replica-1", check: "ROLE", passed: false, detail: "has no link" }],
      findings: [finding],
    };
    assert.equal(
      new VerifyError(report).message,
      "redis did not pass its checks, 1 finding:\n  redis-replica-1 has no link.\n    expected: link up\n    to do:    look",
    );
    assert.match(renderReport(report), /FAILED/);
  });
});

describe("the way to a Docker engine", () => {
  it("is a socket, a port, TLS or ssh, as the endpoint says", () => {
    assert.deepEqual(dockerOptions("unix:///var/run/docker.sock", {}), { socketPath: "/var/run/docker.sock" });
    assert.deepEqual(dockerOptions("tcp://10.0.0.5:2375", {}), { protocol: "http", host: "10.0.0.5", port: "2375" });
    assert.deepEqual(dockerOptions("ssh://ops@db1", { SSH_AUTH_SOCK: "/agent" }), {
      protocol: "ssh",
      host: "db1",
      port: 22,
      username: "ops",
      sshOptions: { agent: "/agent" },
    });
  });
});
