import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { requireProgram } from "../support/processes";

/** The facts of `decide.sh`, which explains them. */
interface Facts {
  readonly TOPOLOGY: "sentinel" | "replication";
  readonly INITIAL_MASTER: string;
  readonly NAMED: string;
  readonly DOUBTED: string;
  readonly PEERS: readonly string[];
  readonly OWN_DATA: "intact" | "empty" | "lost";
  readonly OWN_STOP: "clean" | "crashed";
  readonly OWN_OFFSET: number;
  readonly LAST_ROLE: "master" | "replica" | "none";
  readonly LAST_MASTER: string;
  readonly LAST_REPLID: string;
  readonly LAST_OFFSET: number;
  readonly LATE: "yes" | "no";
}

const SELF = "a:1";
const shells = [["dash"], ["busybox", "sh"]] as const;

/** Decides all cases in one shell: thousands of shells would take minutes. */
function decideAll(cases: readonly Facts[], [shell, ...shellArgs]: readonly string[]): readonly string[] {
  requireProgram(shell!);
  // Assignments rather than `read`, which takes its input byte by byte.
  const calls = cases.map((facts) => {
    const assignments = Object.entries(facts).map(([name, value]) => `${name}='${[value].flat().join(" ")}'`);
    return `${assignments.join(" ")}; decide\n`;
  });
  const library = resolve(__dirname, "../../node/decide.sh");
  const output = execFileSync(shell!, [...shellArgs, "-s"], {
    input: `set -u; SELF='${SELF}'; . '${library}'\n${calls.join("")}`,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  return output.trimEnd().split("\n");
}

// The peers of the examples and the enumeration: how a node at an address may look.
const looks = {
  down: (at: string) => `${at},down,-,empty,raw,-,0`,
  loading: (at: string) => `${at},loading,-,empty,raw,-,0`,
  fresh: (at: string) => `${at},standby,-,empty,raw,-,1`,
  restarted: (at: string) => `${at},standby,-,data,ready,other,90`,
  "restarted with newer data": (at: string) => `${at},standby,-,data,ready,ours,900`,
  follower: (at: string) => `${at},replica,${SELF},data,ready,ours,100`,
  "follower that never synced": (at: string) => `${at},replica,${SELF},empty,raw,-,1`,
  "follower of d": (at: string) => `${at},replica,d:1,data,ready,other,900`,
  master: (at: string) => `${at},master,-,data,ready,other,900`,
} as const;
type Look = keyof typeof looks;

const fresh: Facts = {
  TOPOLOGY: "sentinel",
  INITIAL_MASTER: SELF,
  NAMED: SELF,
  DOUBTED: "",
  PEERS: [looks.fresh("b:1"), looks.fresh("c:1")],
  OWN_DATA: "empty",
  OWN_STOP: "crashed",
  OWN_OFFSET: 1,
  LAST_ROLE: "none",
  LAST_MASTER: "-",
  LAST_REPLID: "none",
  LAST_OFFSET: 0,
  LATE: "no",
};
const wasMaster: Facts = {
  ...fresh,
  OWN_DATA: "intact",
  OWN_OFFSET: 100,
  LAST_ROLE: "master",
  LAST_MASTER: SELF,
  LAST_REPLID: "ours",
  LAST_OFFSET: 100,
};
const wasReplica: Facts = { ...wasMaster, LAST_ROLE: "replica", LAST_MASTER: "b:1" };
const peers = (b: Look, c: Look) => ({ PEERS: [looks[b]("b:1"), looks[c]("c:1")] });
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
  ["a doubt that does not end", { ...wasMaster, OWN_STOP: "clean", DOUBTED: "s:1", ...late }, "master"],
  ["a crash, the replicas have everything", { ...wasMaster, ...peers("follower", "follower") }, "yield"],
  ["a crash, no replica synced", { ...wasMaster, ...peers("follower that never synced", "fresh") }, "master"],
  ["a crash, the replicas restarted with older data", { ...wasMaster, ...peers("restarted", "restarted") }, "master"],
  ["a crash, all others down", { ...wasMaster, ...peers("down", "down") }, "wait"],
  ["a crash, all others down for good", { ...wasMaster, ...peers("down", "down"), ...late }, "master"],
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
  ["no Sentinels, first start", { ...fresh, ...alone, ...late }, "wait"],
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

/** Every combination of what can be known, with two other nodes. */
function combinations(): readonly Facts[] {
  const all: Facts[] = [];
  const allLooks = Object.keys(looks) as Look[];
  for (const [TOPOLOGY, names] of [
    ["sentinel", ["", SELF, "b:1"]],
    ["replication", [""]],
  ] as const)
    for (const NAMED of names)
      for (const b of allLooks)
        for (const c of allLooks)
          for (const past of [fresh, wasMaster, wasReplica])
            for (const OWN_DATA of ["intact", "empty", "lost"] as const)
              for (const OWN_STOP of ["clean", "crashed"] as const)
                for (const INITIAL_MASTER of [SELF, "b:1"])
                  for (const DOUBTED of NAMED === "" ? [""] : ["", "s:1"])
                    for (const LATE of ["yes", "no"] as const) {
                      const known = { TOPOLOGY, NAMED, DOUBTED, OWN_DATA, OWN_STOP, INITIAL_MASTER, LATE };
                      all.push({ ...past, ...peers(b, c), ...known });
                    }
  return all;
}

/** What must hold in every case; each names the cases in which it is broken. */
const invariants: readonly (readonly [string, (facts: Facts, verdict: string, decision: string) => boolean])[] = [
  [
    "it says one of four things, and why",
    (_, __, decision) => /^(master|yield|wait|follow \S+:\d+) \S.*/.test(decision),
  ],
  ["it never follows itself", (_, __, decision) => !decision.startsWith(`follow ${SELF} `)],
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
  ["never master beside a master", (facts, verdict) => verdict !== "master" || count(facts, ",master,") === 0],
  [
    "never master without data while a node that answers has data",
    (facts, verdict) => verdict !== "master" || facts.OWN_DATA === "intact" || count(facts, ",data,") === 0,
  ],
  [
    "never master with a lost disk while a node does not answer",
    (facts, verdict) =>
      verdict !== "master" || facts.OWN_DATA !== "lost" || count(facts, ",down,") + count(facts, ",loading,") === 0,
  ],
  [
    "never master after a crash while a follower with everything can take over",
    (facts, verdict) =>
      verdict !== "master" ||
      facts.TOPOLOGY === "replication" ||
      facts.LATE === "yes" ||
      facts.OWN_STOP === "clean" ||
      facts.LAST_ROLE !== "master" ||
      count(facts, ",ready,ours,") === 0,
  ],
  [
    "another is named: never master, never a failover",
    (facts, verdict) => !["master", "yield"].includes(verdict) || facts.NAMED !== "b:1",
  ],
  [
    "another is named: it is followed at last",
    (facts, _, decision) => facts.NAMED !== "b:1" || facts.LATE === "no" || decision.startsWith("follow b:1 "),
  ],
  [
    "a failover is asked for only by the one that is named",
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
      !(facts.NAMED === SELF || (facts.TOPOLOGY === "replication" && facts.INITIAL_MASTER === SELF)) ||
      verdict === "master",
  ],
];

const count = (facts: Facts, part: string): number => facts.PEERS.filter((peer) => peer.includes(part)).length;

describe("the decision at boot", function () {
  this.timeout(60_000);

  for (const shell of shells) {
    it(`examples (${shell.join(" ")})`, () => {
      const decisions = decideAll(
        examples.map(([, facts]) => facts),
        shell,
      );
      examples.forEach(([name, , expected], index) => {
        const decision = decisions[index]!;
        assert.ok(decision.startsWith(`${expected} `), `${name}: expected ${expected}, decided ${decision}`);
      });
    });
  }

  it("invariants over all combinations, the same in both shells", () => {
    const cases = combinations();
    const [decisions, others] = shells.map((shell) => decideAll(cases, shell)) as [string[], string[]];
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
