import assert from "node:assert/strict";
import { statusOf } from "../../ops/status/health";
import { renderStatus } from "../../ops/status/statusText";
import { bytesText, durationText } from "../../ops/units";
import { contractOf, healthyView, withNode, withoutAnswer, withSentinel } from "./checks.support";

const contract = contractOf(2, 3);
const healthy = healthyView(contract, 1);
const withoutColours = (_: string, text: string) => text;

describe("status", () => {
  it("says in one sentence that all is well", () => {
    const status = statusOf(contract, healthy);
    assert.equal(
      status.verdict,
      "redis: master is redis-replica-1 (127.0.0.1:6381), 2 of 2 replicas in sync, quorum OK",
    );
    assert.ok(status.healthy);
    assert.deepEqual(status.findings, []);
  });

  it("has nothing to say of a quorum without Sentinels", () => {
    const plain = contractOf(1, 0);
    const status = statusOf(plain, healthyView(plain));
    assert.equal(status.verdict, "redis: master is redis-master (127.0.0.1:6380), 1 of 1 replicas in sync");
    assert.ok(status.healthy);
  });

  const unhealthy = [
    [
      "a replica that is down",
      withoutAnswer(healthy, "redis-replica-2"),
      /master is redis-replica-1 .*1 of 2 replicas in sync, quorum OK - \d+ findings?$/,
    ],
    [
      "a master that is down",
      withoutAnswer(healthy, "redis-replica-1"),
      /master redis-replica-1 \(127.0.0.1:6381\) does not answer/,
    ],
    [
      "a Sentinel that is down",
      withoutAnswer(healthy, "redis-sentinel-1"),
      /2 of 2 replicas in sync, quorum OK - \d+ findings?$/,
    ],
    [
      "no majority",
      withoutAnswer(withoutAnswer(healthy, "redis-sentinel-1"), "redis-sentinel-2"),
      /no master that a majority of the Sentinels names, NO QUORUM \(1 of 3 Sentinels/,
    ],
    [
      "a quorum that most Sentinels miss",
      ["redis-sentinel-1", "redis-sentinel-2"].reduce(
        (view, name) => withSentinel(view, name, () => ({ quorumCheck: { ok: false, text: "NOQUORUM" } })),
        healthy,
      ),
      /NO QUORUM \(1 of 3/,
    ],
    [
      "a master that steps down just now",
      withNode(healthy, "redis-replica-1", () => ({ role: "replica" })),
      /master should be redis-replica-1 \(127.0.0.1:6381\), which is a replica/,
    ],
    [
      "a replica that is syncing",
      withNode(healthy, "redis-master", ({ following }) => ({
        following: { ...following!, linkUp: false, syncing: true },
      })),
      /1 of 2 replicas in sync/,
    ],
  ] as const;
  for (const [what, view, verdict] of unhealthy) {
    it(`is not healthy with ${what}`, () => {
      const status = statusOf(contract, view);
      assert.match(status.verdict, verdict);
      assert.ok(!status.healthy);
      assert.ok(status.findings.length > 0);
    });
  }

  it("says so when nobody answers", () => {
    const names = [...contract.nodes, ...contract.sentinels].map(({ name }) => name);
    assert.equal(statusOf(contract, names.reduce(withoutAnswer, healthy)).verdict, "redis: no member answers");
  });

  it("is a sentence, two aligned tables and what to do; a dead member is a row with its reason", () => {
    const [sentence, nodes, sentinels, findings] = renderStatus(
      statusOf(contract, withoutAnswer(healthy, "redis-replica-2")),
      withoutColours,
    ).split("\n\n");
    assert.match(sentence!, /^redis: /);
    const rows = nodes!.split("\n");
    assert.equal(rows.length, 4);
    assert.match(rows[0]!, /^NODE +ROLE +ADDRESS +VERSION +LINK +LAG +MEMORY +CLIENTS +KEYS +UPTIME$/);
    assert.match(rows[1]!, /^redis-master +replica +127.0.0.1:6380 +7.0.15 +up +0 B, 1 s +977 KiB +5 +0 +10s$/);
    assert.match(rows[3]!, /^redis-replica-2 +down +127.0.0.1:6382 +- +connection refused /);
    const ends = rows.map((row) => row.length);
    assert.ok(
      ends.every((end) => end === ends[0]),
      nodes,
    );
    assert.match(
      sentinels!.split("\n")[1]!,
      /^redis-sentinel-1 +127.0.0.1:26379 +7.0.15 +redis-replica-1 +2\/2 +2\/2 +OK +10s$/,
    );
    assert.match(findings!, /^! redis-replica-2 does not answer .*\n {2}-> /);
  });

  it("holds no secret", () => {
    assert.ok(!JSON.stringify(statusOf(contract, healthy)).includes(contract.connection.password));
  });
});

describe("quantities", () => {
  it("bytes", () => {
    const cases = [
      [0, "0 B"],
      [1, "1 B"],
      [1023, "1023 B"],
      [1024, "1.0 KiB"],
      [1_500_000, "1.4 MiB"],
      [2 ** 30 * 512, "512 GiB"],
    ] as const;
    cases.forEach(([bytes, text]) => assert.equal(bytesText(bytes), text));
  });

  it("durations", () => {
    const cases = [
      [0, "0s"],
      [59, "59s"],
      [60, "1m"],
      [125, "2m 5s"],
      [7500, "2h 5m"],
      [86_400, "1d"],
      [100_000, "1d 3h"],
    ] as const;
    cases.forEach(([seconds, text]) => assert.equal(durationText(seconds), text));
  });
});
