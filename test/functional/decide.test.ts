import assert from "node:assert/strict";
import { combinations, decideAll, fresh, peers, SELF, wasMaster, wasReplica, type Facts } from "../../tools/decisions";
import { requireProgram } from "../support/processes";
import { SHELLS } from "../support/shells";

// Parts of the examples.
const alone = { NAMED: "" };
const late = { LATE: "yes" } as const;
const byHand = { TOPOLOGY: "replication", NAMED: "" } as const;

const examples: readonly (readonly [string, Facts, string])[] = [
  ["a first start, named", fresh, "master"],
  ["a first start, not named yet", { ...fresh, ...alone }, "wait"],
  ["a first start, another is named", { ...fresh, NAMED: "b:1", ...peers("master", "fresh") }, "follow b:1"],
  ["the named one has not decided yet", { ...fresh, NAMED: "b:1" }, "wait"],
  ["the named one does not decide", { ...fresh, NAMED: "b:1", ...late }, "follow b:1"],
  [
    "the named one is down: a failover will follow",
    { ...fresh, NAMED: "b:1", ...peers("down", "fresh") },
    "follow b:1",
  ],
  ["a first start, one node missing", { ...fresh, ...peers("fresh", "down") }, "wait"],
  ["a first start, one node missing for good", { ...fresh, ...peers("fresh", "down"), ...late }, "master"],
  ["a clean restart", { ...wasMaster, OWN_STOP: "clean", ...peers("follower", "follower") }, "master"],
  ["a clean restart while a Sentinel is replacing it", { ...wasMaster, OWN_STOP: "clean", DOUBTED: "s:1" }, "wait"],
  ["a crash while a Sentinel is replacing it", { ...wasMaster, DOUBTED: "s:1", ...peers("follower", "down") }, "wait"],
  [
    "a failover that is under way for long: it ends by itself",
    { ...wasMaster, OWN_STOP: "clean", DOUBTED: "s:1", REPLACING: "s:1", ...late },
    "wait",
  ],
  ["a doubt that does not end", { ...wasMaster, OWN_STOP: "clean", DOUBTED: "s:1", ...late }, "master"],
  ["a crash, the replicas have everything", { ...wasMaster, ...peers("follower", "follower") }, "yield"],
  ["a crash, no replica synced", { ...wasMaster, ...peers("follower that never synced", "fresh") }, "master"],
  ["a crash of all, its data is the newest", { ...wasMaster, ...peers("restarted", "restarted") }, "master"],
  [
    "a crash of all, its AOF has what a replica's marker recorded a moment later",
    { ...wasMaster, ...peers("restarted with newer data", "restarted") },
    "master",
  ],
  [
    "a crash of all, its AOF lost its end, and a replica has more",
    { ...wasMaster, OWN_FILE: "torn", ...peers("restarted with newer data", "restarted") },
    "yield",
  ],
  [
    "a clean restart with an AOF that lost its end since, and a replica has more",
    { ...wasMaster, OWN_FILE: "torn", OWN_STOP: "clean", ...peers("restarted with newer data", "restarted") },
    "yield",
  ],
  [
    "a crash of all, the replicas already wait for it",
    { ...wasMaster, ...peers("follower by its disk", "follower by its disk") },
    "master",
  ],
  [
    "a crash of all, its snapshot is older than that of a replica that waits for it",
    { ...wasMaster, OWN_FILE: "rdb", ...peers("follower by its disk", "restarted") },
    "yield",
  ],
  [
    "a crash of all, its snapshot is older than a replica's",
    { ...wasMaster, OWN_FILE: "rdb", ...peers("restarted with newer data", "restarted") },
    "yield",
  ],
  [
    "a clean restart with a snapshot from before, the replicas have more",
    { ...wasMaster, OWN_FILE: "rdb", OWN_OFFSET: 50, OWN_STOP: "clean", ...peers("follower", "follower") },
    "yield",
  ],
  [
    "a crash of all, another was promoted after this node",
    { ...wasMaster, ...peers("restarted, was promoted after this node", "restarted"), ...late },
    "yield",
  ],
  ["a crash, all others down", { ...wasMaster, ...peers("down", "down") }, "wait"],
  ["a crash, all others down for good", { ...wasMaster, ...peers("down", "down"), ...late }, "master"],
  ["a crash of one of all, with nothing on any other disk", { ...wasMaster, ...peers("fresh", "fresh") }, "master"],
  ["a lost disk, most others down", { ...fresh, ...peers("down", "down"), ...late }, "wait"],
  ["a crash of the only node", { ...wasMaster, PEERS: [] }, "master"],
  ["a crash, a promotion that the Sentinels have not seen", { ...wasMaster, ...peers("master", "follower") }, "wait"],
  ["a lost disk, others have the data", { ...fresh, ...peers("follower", "restarted") }, "yield"],
  ["a lost disk, others have it but cannot take over", { ...fresh, ...peers("restarted", "down"), ...late }, "yield"],
  [
    "a marker without its data, others down",
    { ...wasMaster, OWN_DATA: "lost", ...peers("down", "down"), ...late },
    "wait",
  ],
  [
    "no Sentinels, was master, a majority follows",
    { ...wasMaster, ...alone, ...late, ...peers("follower", "down") },
    "master",
  ],
  ["no Sentinels, was master, nobody follows", { ...wasMaster, ...alone, ...late, ...peers("down", "down") }, "wait"],
  ["no Sentinels, was master of itself alone", { ...wasMaster, ...alone, ...late, PEERS: [] }, "master"],
  ["no Sentinels, was replica", { ...wasReplica, ...alone, ...late, ...peers("restarted", "down") }, "follow b:1"],
  ["no Sentinels, its last master is not planned", { ...wasReplica, ...alone, ...late, LAST_MASTER: "d:1" }, "wait"],
  [
    "no Sentinels, its last master is master",
    { ...wasReplica, ...alone, ...late, ...peers("master", "down") },
    "follow",
  ],
  [
    "no Sentinels, its last master is empty",
    { ...wasReplica, ...alone, ...late, ...peers("empty master", "down") },
    "wait",
  ],
  [
    "no Sentinels, its last master has foreign data",
    { ...wasReplica, ...alone, ...late, ...peers("master with foreign data", "down") },
    "wait",
  ],
  ["no Sentinels, first start", { ...fresh, ...alone, ...late }, "wait"],
  ["another is named, and has all", { ...wasReplica, NAMED: "b:1", ...peers("master", "down") }, "follow b:1"],
  [
    "another is named, and lacks the last of this node's data",
    { ...wasReplica, NAMED: "b:1", ...peers("master without our last writes", "down") },
    "replace b:1",
  ],
  [
    "another is named, and this node crashed as master",
    { ...wasMaster, NAMED: "b:1", ...peers("master", "down") },
    "replace b:1",
  ],
  [
    "another is named, this node stopped cleanly as master",
    { ...wasMaster, NAMED: "b:1", OWN_STOP: "clean", ...peers("master", "down") },
    "follow b:1",
  ],
  [
    "another is named, and its data is foreign",
    { ...wasReplica, NAMED: "b:1", ...peers("master with foreign data", "down") },
    "replace b:1",
  ],
  ["an empty master is named", { ...wasReplica, NAMED: "b:1", ...peers("empty master", "fresh") }, "protest"],
  [
    "an empty master is named, another than this node has the newest data",
    { ...wasReplica, NAMED: "b:1", ...peers("empty master", "restarted with newer data") },
    "wait",
  ],
  [
    "an empty master is named, nothing is lost",
    { ...fresh, NAMED: "b:1", ...peers("empty master", "down") },
    "follow b:1",
  ],
  [
    "by hand: was master, its snapshot is older than its followers",
    { ...wasMaster, ...byHand, OWN_FILE: "rdb", OWN_OFFSET: 50, ...peers("follower", "follower"), ...late },
    "wait",
  ],
  ["by hand: the master is empty", { ...wasReplica, ...byHand, ...peers("empty master", "down") }, "wait"],
  [
    "by hand: the master lacks the last of this node's data",
    { ...wasReplica, ...byHand, ...peers("master without our last writes", "down") },
    "replace b:1",
  ],
  [
    "by hand: the master has older, foreign data",
    { ...wasReplica, ...byHand, ...peers("master with foreign data", "down") },
    "wait",
  ],
  ["by hand: its last master is not planned", { ...wasReplica, ...byHand, ...late, LAST_MASTER: "d:1" }, "wait"],
  ["by hand: first start", { ...fresh, ...byHand }, "master"],
  ["by hand: first start of a replica", { ...fresh, ...byHand, INITIAL_MASTER: "b:1" }, "wait"],
  ["by hand: a master is there", { ...wasMaster, ...byHand, ...peers("master", "down") }, "follow b:1"],
  ["by hand: was master, still followed", { ...wasMaster, ...byHand, ...peers("follower", "down") }, "master"],
  ["by hand: was master, others only starting", { ...wasMaster, ...byHand, ...peers("restarted", "down") }, "wait"],
  ["by hand: was master, others gone", { ...wasMaster, ...byHand, ...peers("down", "down"), ...late }, "master"],
  [
    "by hand: another was promoted meanwhile",
    { ...wasMaster, ...byHand, ...peers("follower of d", "down"), ...late },
    "follow d:1",
  ],
  [
    "by hand: was replica, its master is starting",
    { ...wasReplica, ...byHand, ...peers("restarted", "down") },
    "follow b:1",
  ],
  ["by hand: was replica, its master is down", { ...wasReplica, ...byHand, ...peers("down", "restarted") }, "wait"],
  [
    "by hand: lost its disk, others have the data",
    { ...fresh, ...byHand, ...peers("follower", "follower"), ...late },
    "wait",
  ],
];

/** What must hold in every case; each names the cases in which it is broken. */
const invariants: readonly (readonly [string, (facts: Facts, verdict: string, decision: string) => boolean])[] = [
  [
    "it says one of six things, and why",
    (_, __, decision) => /^(master|yield|protest|wait|(follow|replace) \S+:\d+) \S.*/.test(decision),
  ],
  ["it never follows itself", (_, __, decision) => !/^(follow|replace) a:1 /.test(decision)],
  [
    "master under Sentinel: a majority names it, or, too late for that, its disk does and most nodes follow it",
    (facts, verdict) =>
      verdict !== "master" ||
      facts.TOPOLOGY === "replication" ||
      facts.NAMED === SELF ||
      (facts.NAMED === "" &&
        facts.LATE === "yes" &&
        facts.LAST_ROLE === "master" &&
        facts.OWN_DATA !== "lost" &&
        2 * (1 + count(facts, ",replica,a:1,")) > 3),
  ],
  [
    "never master with data while a Sentinel may be replacing it, until it is too late for that",
    (facts, verdict) =>
      verdict !== "master" || facts.DOUBTED === "" || facts.LATE === "yes" || facts.OWN_DATA !== "intact",
  ],
  [
    "never master while a Sentinel is replacing it, however late",
    (facts, verdict) => verdict !== "master" || facts.REPLACING === "",
  ],
  ["never master beside a master", (facts, verdict) => verdict !== "master" || count(facts, ",master,") === 0],
  [
    "never master without data while a node that answers has data",
    (facts, verdict) => verdict !== "master" || facts.OWN_DATA === "intact" || count(facts, ",data,") === 0,
  ],
  [
    "never master without data while most nodes do not answer",
    (facts, verdict) => verdict !== "master" || facts.OWN_DATA === "intact" || unheard(facts) < 2,
  ],
  [
    "never master with a lost disk while a node does not answer",
    (facts, verdict) => verdict !== "master" || facts.OWN_DATA !== "lost" || unheard(facts) === 0,
  ],
  [
    "never master while a node that answers went on after it",
    (facts, verdict) => verdict !== "master" || facts.OWN_ID !== "ours" || count(facts, ",next,") === 0,
  ],
  [
    "never master from a snapshot while a node that answers has more of its history",
    (facts, verdict) => verdict !== "master" || facts.OWN_FILE === "aof" || count(facts, ",ours,900,") === 0,
  ],
  [
    "never master after a crash while a follower with everything can take over",
    (facts, verdict) =>
      verdict !== "master" ||
      facts.TOPOLOGY === "replication" ||
      facts.LATE === "yes" ||
      facts.OWN_STOP === "clean" ||
      facts.LAST_ROLE !== "master" ||
      count(facts, ",replica,a:1,data,ready,ours,") === 0,
  ],
  [
    "what it cannot find at the master that it follows, it sets aside first",
    (facts, verdict, decision) =>
      verdict !== "follow" ||
      facts.OWN_DATA !== "intact" ||
      facts.OWN_ID !== "ours" ||
      !/,master,-,data,ready,(next,900,ours\.60|foreign,)/.test(peerAt(facts, decision.split(" ")[1]!)),
  ],
  [
    "with data, it follows no empty master",
    (facts, _, decision) =>
      !/^(follow|replace) /.test(decision) ||
      facts.OWN_DATA !== "intact" ||
      !peerAt(facts, decision.split(" ")[1]!).includes(",master,-,empty,"),
  ],
  [
    "no majority's word: with data, it follows no master of foreign, older data",
    (facts, _, decision) =>
      !/^(follow|replace) /.test(decision) ||
      facts.NAMED !== "" ||
      facts.OWN_DATA !== "intact" ||
      facts.OWN_ID !== "ours" ||
      !peerAt(facts, decision.split(" ")[1]!).includes(",master,-,data,ready,foreign,"),
  ],
  [
    "another is named: never master, never a failover away from it, unless it is empty",
    (facts, verdict) =>
      !["master", "yield", "protest"].includes(verdict) ||
      facts.NAMED !== "b:1" ||
      (verdict === "protest" && peerAt(facts, "b:1").includes(",master,-,empty,") && facts.OWN_DATA === "intact"),
  ],
  [
    "another is named: it is followed at last, unless it is empty",
    (facts, _, decision) =>
      facts.NAMED !== "b:1" ||
      facts.LATE === "no" ||
      (peerAt(facts, "b:1").includes(",master,-,empty,") && facts.OWN_DATA === "intact") ||
      /^(follow|replace) b:1 /.test(decision),
  ],
  [
    "a failover away is asked for only by the one that is named",
    (facts, verdict) => verdict !== "yield" || facts.NAMED === SELF,
  ],
  [
    "no word of the Sentinels: nothing is decided early",
    (facts, verdict) =>
      facts.TOPOLOGY === "replication" || facts.NAMED !== "" || facts.LATE === "yes" || verdict === "wait",
  ],
  [
    "no data anywhere and everybody answers: the named or planned one is master at once",
    (facts, verdict) =>
      count(facts, ",standby,-,empty,raw,") !== 2 ||
      facts.OWN_DATA !== "empty" ||
      facts.LAST_ROLE !== "none" ||
      facts.REPLACING !== "" ||
      !(facts.NAMED === SELF || (facts.TOPOLOGY === "replication" && facts.INITIAL_MASTER === SELF)) ||
      verdict === "master",
  ],
];

const peerAt = (facts: Facts, address: string): string =>
  facts.PEERS.find((peer) => peer.startsWith(`${address},`)) ?? "";
const unheard = (facts: Facts): number => count(facts, ",down,") + count(facts, ",loading,");
const count = (facts: Facts, part: string): number => facts.PEERS.filter((peer) => peer.includes(part)).length;

describe("the decision at boot", function () {
  this.timeout(60_000);

  for (const shell of SHELLS) {
    it(`examples (${shell.join(" ")})`, async () => {
      requireProgram(shell[0]);
      const decisions = await decideAll(
        examples.map(([, facts]) => facts),
        shell,
      );
      examples.forEach(([name, , expected], index) => {
        const decision = decisions[index]!;
        assert.ok(decision.startsWith(`${expected} `), `${name}: expected ${expected}, decided ${decision}`);
      });
    });
  }

  it("invariants over all combinations, the same in both shells", async () => {
    const cases = combinations();
    const [decisions, others] = await Promise.all([decideAll(cases, SHELLS[0]), decideAll(cases, SHELLS[1])]);
    assert.equal(decisions.length, cases.length);
    assert.deepEqual(others, decisions);
    for (const [name, holds] of invariants) {
      const broken = cases.flatMap((facts, index) => {
        const decision = decisions[index]!;
        return holds(facts, decision.split(" ", 1)[0]!, decision) ? [] : [{ decision, ...facts }];
      });
      assert.deepEqual(broken.slice(0, 3), [], `${name}: broken in ${broken.length} of ${cases.length} cases`);
    }
    console.log(`      ${cases.length} combinations`);
  });
});
