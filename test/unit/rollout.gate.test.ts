import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { GroupView, NodeFacts } from "../../checks/view";
import { obstacles } from "../../checks/gate";
import { contractOf, healthyView, withNode, withoutAnswer, withSentinel } from "./checks.support";

const contract = contractOf(2, 3);
const well = healthyView(contract);
const none = new Set<string>();
const said = (view: GroupView, except: ReadonlySet<string> = none, of = contract) =>
  obstacles(of, view, except).map(({ subject, seen }) => `${subject} ${seen}`);
const following = (facts: NodeFacts) => facts.following!;

describe("the gate of a rolling change", () => {
  it("opens when all others are well, whoever is master, with and without Sentinels", () => {
    assert.deepEqual(said(well), []);
    assert.deepEqual(said(healthyView(contract, 2)), []);
    const bare = contractOf(2, 0);
    assert.deepEqual(said(healthyView(bare, 1), none, bare), []);
  });

  const replica = "redis-replica-1";
  const obstaclesOfNodes: Record<string, [GroupView, RegExp]> = {
    "does not answer": [withoutAnswer(well, replica), /^redis-replica-1 does not answer \(connection refused\)$/],
    loads: [withNode(well, replica, () => ({ loading: true })), /^redis-replica-1 still loads/],
    syncs: [
      withNode(well, replica, (facts) => ({ following: { ...following(facts), syncing: true } })),
      /^redis-replica-1 still copies the data set from redis-master$/,
    ],
    "has no link": [
      withNode(well, replica, (facts) => ({
        following: { ...following(facts), linkUp: false, linkState: "connecting" },
      })),
      /^redis-replica-1 has no link to redis-master \(connecting\)$/,
    ],
    "follows another": [
      withNode(well, replica, (facts) => ({
        following: { ...following(facts), master: { host: "127.0.0.1", port: 1 } },
      })),
      /^redis-replica-1 follows 127\.0\.0\.1:1, not redis-master$/,
    ],
    "is a second master": [
      withNode(well, replica, () => ({ role: "master", following: undefined })),
      /^redis-replica-1 is a master too, beside redis-master$/,
    ],
    "is not yet online at the master": [
      withNode(well, "redis-master", (facts) => ({ attached: facts.attached.slice(1) })),
      /^redis-replica-1 is not among the replicas of redis-master yet$/,
    ],
  };
  for (const [what, [view, sentence]] of Object.entries(obstaclesOfNodes)) {
    it(`stays shut while a replica ${what}, unless that is the one to be replaced`, () => {
      assert.match(said(view)[0] ?? "", sentence);
      assert.deepEqual(
        said(view, new Set([replica])).filter((line) => line.startsWith(replica)),
        [],
      );
    });
  }

  it("stays shut while a Sentinel has no quorum, another master, sees somebody down, or leads a failover", () => {
    const sentinel = "redis-sentinel-2";
    const views = [
      withSentinel(well, sentinel, () => ({ quorumCheck: { ok: false, text: "NOQUORUM 1 usable" } })),
      withSentinel(well, sentinel, () => ({ masterAddress: contract.nodes[1]!.announced })),
      withSentinel(well, sentinel, () => ({ masterAddress: undefined })),
      withSentinel(well, sentinel, ({ replicas }) => ({
        replicas: replicas.map((one, index) => (index === 0 ? { ...one, flags: ["s_down", "slave"] } : one)),
      })),
      withSentinel(well, sentinel, ({ masters }) => ({
        masters: masters.map((one) => ({ ...one, flags: ["master", "failover_in_progress"] })),
      })),
    ];
    assert.deepEqual(
      views.map((view) => said(view)),
      [
        ["redis-sentinel-2 says that no failover is possible: NOQUORUM 1 usable"],
        ["redis-sentinel-2 names redis-replica-1 (172.30.29.12:6379) as the master"],
        ["redis-sentinel-2 names no master"],
        ["redis-sentinel-2 still sees redis-replica-1 as s_down, slave"],
        ["redis-sentinel-2 still carries out a failover"],
      ],
    );
    // What is about to be replaced may be down, and so may be what the plan no longer has.
    assert.deepEqual(said(views[3]!, new Set(["redis-replica-1"])), []);
    const stranger = { name: "", host: "172.30.29.19", port: 6379, flags: ["s_down", "slave"], id: "" };
    assert.deepEqual(said(withSentinel(well, sentinel, ({ replicas }) => ({ replicas: [...replicas, stranger] }))), []);
  });

  it("stays shut while nobody is master, and opens for the only member", () => {
    const bare = contractOf(2, 0);
    const leaderless = withoutAnswer(healthyView(bare), "redis-master");
    assert.deepEqual(said(leaderless, new Set(["redis-replica-1"]), bare), [
      "redis-master does not answer (connection refused)",
      "redis has no master that all agree on",
    ]);
    const alone = contractOf(0, 0);
    assert.deepEqual(said(withoutAnswer(healthyView(alone), "redis-master"), new Set(["redis-master"]), alone), []);
  });
});
