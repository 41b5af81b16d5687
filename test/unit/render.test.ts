import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, it } from "mocha";
import { extraLineProblem } from "../../config/extraLines";
import { liveRedisLines } from "../../config/liveDirectives";
import { planDeployment } from "../../config/plan";
import { groupTerm, renderGroupEnv } from "../../config/render/groupEnv";
import { renderNodeEnv, shellQuoted } from "../../config/render/nodeEnv";
import { renderRedisConf } from "../../config/render/redisConf";
import { renderSentinelConf } from "../../config/render/sentinelConf";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";

const planOf = (overrides: DeploymentOverrides) =>
  planDeployment(parseDeployment(overrides), "unix:///var/run/docker.sock");
const ids = {
  "redis-sentinel-1": "a".repeat(40),
  "redis-sentinel-2": "b".repeat(40),
  "redis-sentinel-3": "c".repeat(40),
};

function redisConf(overrides: DeploymentOverrides): string[] {
  const plan = planOf(overrides);
  const live = liveConf(renderGroupEnv(plan, plan.nodes[1]!));
  return `${renderRedisConf(plan, plan.nodes[1]!, "/data")}${live}`.split("\n");
}

function sentinelConf(overrides: DeploymentOverrides): string[] {
  const plan = planOf(overrides);
  const live = liveConf(renderGroupEnv(plan, plan.sentinels[0]!, ids));
  return `${renderSentinelConf(plan, plan.sentinels[0]!, ids, "/data")}${live}`.split("\n");
}

/** As a shell reads it. */
function liveConf(groupEnv: string): string {
  return execFileSync("sh", ["-c", `${groupEnv}\nprintf %s "$LIVE_CONF"`], { encoding: "utf8" });
}

describe("redis.conf", () => {
  it("has a line for each setting of Redis", () => {
    const conf = redisConf({
      logLevel: "debug",
      maxmemoryMb: 256,
      maxmemoryPolicy: "allkeys-lru",
      save: "900 1 300 10",
      appendonly: true,
      appendfsync: "always",
      minReplicasToWrite: 1,
      minReplicasMaxLagS: 5,
      extraRedisConf: ["hz 20"],
    });
    for (const line of [
      "loglevel debug",
      "maxmemory 256mb",
      "maxmemory-policy allkeys-lru",
      "save 900 1 300 10",
      "appendonly yes",
      "appendfsync always",
      "min-replicas-to-write 1",
      "min-replicas-max-lag 5",
      "hz 20",
    ]) {
      assert.ok(conf.includes(line), `no line "${line}" in\n${conf.join("\n")}`);
    }
  });

  it("can never be promoted before its first sync, takes no role and no secret from the plan", () => {
    const conf = redisConf({ password: "a-password-of-mine" });
    assert.ok(conf.includes("replica-priority 0"));
    assert.deepEqual(
      conf.filter((line) => /replicaof|slaveof|requirepass|masterauth|a-password-of-mine/.test(line)),
      [],
    );
  });

  it("switches snapshots off by an empty setting", () => {
    assert.ok(redisConf({ save: "" }).includes('save ""'));
  });

  it("listens on the port of the network: its own inside a bridge, the host's on the host's", () => {
    assert.ok(redisConf({}).includes("port 6379"));
    const onHost = redisConf({ network: "host", bindAddress: "10.1.2.3" });
    assert.ok(onHost.includes("port 6381") && onHost.includes("bind 10.1.2.3 127.0.0.1"), onHost.join("\n"));
    assert.ok(redisConf({ network: "host", bindAddress: "0.0.0.0" }).includes("bind 0.0.0.0"));
    assert.ok(redisConf({ network: "host" }).includes("bind 127.0.0.1"));
  });

  it("is one directive a line, whatever the extra lines are", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^hz [\x20-\x7e]{1,40}$/), { maxLength: 5 }), (given) => {
        const extraRedisConf = given.filter((line) => extraLineProblem(line) === undefined);
        const linesOf = (overrides: DeploymentOverrides) => liveRedisLines(planOf(overrides));
        assert.equal(linesOf({ extraRedisConf }).length, linesOf({}).length + extraRedisConf.length);
      }),
    );
  });
});

describe("sentinel.conf", () => {
  it("has the settings, the fixed id and the other Sentinels, and no master", () => {
    const conf = sentinelConf({
      downAfterMs: 700,
      parallelSyncs: 2,
      failoverTimeoutMs: 9000,
      masterName: "m1",
      denyScriptsReconfig: false,
      logLevel: "debug",
    });
    for (const line of [
      `sentinel myid ${"a".repeat(40)}`,
      "sentinel down-after-milliseconds m1 700",
      "sentinel parallel-syncs m1 2",
      "sentinel failover-timeout m1 9000",
      "sentinel deny-scripts-reconfig no",
      "sentinel resolve-hostnames yes",
      "loglevel debug",
      `sentinel known-sentinel m1 172.30.29.102 26379 ${"b".repeat(40)}`,
      `sentinel known-sentinel m1 172.30.29.103 26379 ${"c".repeat(40)}`,
    ]) {
      assert.ok(conf.includes(line), `no line "${line}" in\n${conf.join("\n")}`);
    }
    assert.deepEqual(
      conf.filter((line) => /monitor|auth-pass|known-replica|172\.30\.29\.101 .*b{40}/.test(line)),
      [],
    );
  });
});

describe("node.env", () => {
  it("names the node", () => {
    const plan = planOf({});
    const env = renderNodeEnv(plan, plan.nodes[1]!, "/data");
    for (const line of ["KIND='data'", "NODE_NAME='redis-replica-1'", "ADDRESS='172.30.29.12'", "STOP_GRACE_S='30'"]) {
      assert.ok(env.includes(`${line}\n`), `no line ${line} in\n${env}`);
    }
    assert.match(renderNodeEnv(plan, plan.sentinels[0]!, "/data", "f".repeat(40)), /^MY_ID='f{40}'$/m);
  });

  it("quotes any text so that a shell takes it literally", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0") && text.isWellFormed()),
        (text) => {
          const printed = execFileSync("sh", ["-c", `printf %s ${shellQuoted(text)}`], { encoding: "utf8" });
          assert.equal(printed, text);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("group.env", () => {
  it("names the others, the initial master and the quorum", () => {
    const plan = planOf({});
    const env = renderGroupEnv(plan, plan.nodes[1]!);
    for (const line of [
      "TOPOLOGY='sentinel'",
      "INITIAL_MASTER='172.30.29.11:6379'",
      "DATA_NODES='172.30.29.11:6379 172.30.29.12:6379 172.30.29.13:6379'",
      "SENTINELS='172.30.29.101:26379 172.30.29.102:26379 172.30.29.103:26379'",
      "QUORUM='2'",
      `TERM='${groupTerm(plan)}'`,
    ]) {
      assert.ok(env.includes(`${line}\n`), `no line ${line} in\n${env}`);
    }
  });

  it("has a term that follows from everything a running group can change, and from nothing else", () => {
    const term = (overrides: DeploymentOverrides) => groupTerm(planOf(overrides));
    const changes: readonly DeploymentOverrides[] = [
      { maxmemoryMb: 64 },
      { save: "" },
      { appendonly: true },
      { downAfterMs: 4000 },
      { quorum: 1 },
      { logLevel: "debug" },
      { resolveHostnames: false },
      { replicas: 3 },
      { sentinels: 5 },
      { topology: "replication" },
      { extraRedisConf: ["slowlog-max-len 7"] },
      // The backlog is a part of it.
      { memoryLimitMb: 512 },
    ];
    assert.equal(new Set([{}, ...changes].map(term)).size, changes.length + 1);
    const others: readonly DeploymentOverrides[] = [
      { memoryLimitMb: 2048 },
      { stopGraceS: 60 },
      { extraRedisConf: ["databases 4"] },
    ];
    assert.deepEqual(new Set(others.map(term)), new Set([term({})]));
  });
});
