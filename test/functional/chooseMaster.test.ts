import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { requireProgram } from "../support/processes";
import { SHELLS } from "../support/shells";

/** The facts of `choose_master` in `lib-group.sh`, which explains them. */
interface Facts {
  readonly NAMED: string;
  readonly NAMES: string;
  readonly LATE: "yes" | "no";
  readonly PEERS: readonly string[];
}

const nodes = ["a:1", "b:1", "c:1"] as const;

/** How a data node may look; `at` is its own address. */
const looks = {
  down: "down,-,empty,raw,-,0,0.0",
  loading: "loading,-,empty,raw,-,0,0.0",
  fresh: "standby,-,empty,raw,none,1,0.0",
  "restarted, was master": "standby,at,data,ready,x,90,0.0",
  "restarted, followed a": "standby,a:1,data,ready,x,80,0.0",
  "restarted, followed b": "standby,b:1,data,ready,x,85,0.0",
  "restarted, followed a node that left": "standby,z:1,data,ready,x,70,0.0",
  "restarted without a marker": "standby,-,data,raw,x,60,0.0",
  master: "master,-,data,ready,y,100,0.0",
  "replica of a": "replica,a:1,data,ready,y,100,0.0",
  "replica of a node that left": "replica,z:1,data,ready,y,100,0.0",
} as const;
type Look = keyof typeof looks;

const group = (...three: readonly [Look, Look, Look]) =>
  three.map((look, index) => `${nodes[index]},${looks[look].replace(",at,", `,${nodes[index]},`)}`);

async function chooseAll(cases: readonly Facts[], [shell, ...shellArgs]: readonly string[]) {
  requireProgram(shell!);
  const libraries = ["lib-compare", "lib-group"].map((name) => resolve(__dirname, `../../node/${name}.sh`));
  const calls = cases.map(
    ({ NAMED, NAMES, LATE, PEERS }) =>
      `NAMED='${NAMED}'; NAMES='${NAMES}'; LATE=${LATE}; PEERS='${PEERS.join(" ")}'; choose_master`,
  );
  const child = spawn(shell!, [...shellArgs, "-s"], { stdio: ["pipe", "pipe", "inherit"] });
  const before = `set -u\nDATA_DIR=/nowhere; DATA_NODES='${nodes.join(" ")}'; INITIAL_MASTER=a:1; SELF=s:1\n`;
  child.stdin.end(`${before}${libraries.map((file) => `. '${file}'\n`).join("")}${calls.join("\n")}\n`);
  return (await text(child.stdout)).trimEnd().split("\n");
}

const alone = { NAMED: "", NAMES: "", LATE: "no" } as const;
const late = { LATE: "yes" } as const;

const examples: readonly (readonly [string, Facts, string])[] = [
  ["a first start", { ...alone, PEERS: group("fresh", "fresh", "fresh") }, "a:1 same"],
  ["a first start, one node is missing", { ...alone, PEERS: group("fresh", "fresh", "down") }, "- -"],
  ["a first start, one is missing for good", { ...alone, ...late, PEERS: group("fresh", "fresh", "down") }, "a:1 same"],
  ["nobody answers at all", { ...alone, ...late, PEERS: group("down", "down", "down") }, "a:1 same"],
  [
    "a majority of the others names one",
    { ...alone, NAMED: "c:1", PEERS: group("master", "down", "down") },
    "c:1 same",
  ],
  [
    "after a full outage, by the disks",
    { ...alone, PEERS: group("restarted, followed b", "restarted, was master", "restarted, followed b") },
    "b:1 newer",
  ],
  [
    "after a full outage, the last master is missing: it is named, so that the others replace it",
    { ...alone, PEERS: group("restarted, followed b", "down", "restarted, followed b") },
    "b:1 newer",
  ],
  [
    "one other Sentinel remembers an older master than most disks",
    { ...alone, NAMES: "a:1", PEERS: group("restarted, was master", "restarted, was master", "restarted, followed b") },
    "b:1 newer",
  ],
  [
    "only one of three nodes is back",
    { ...alone, ...late, PEERS: group("restarted, was master", "down", "down") },
    "- -",
  ],
  [
    "the last master left the plan: the newest data",
    { ...alone, PEERS: group("restarted, followed a node that left", "replica of a node that left", "fresh") },
    "b:1 newer",
  ],
  ["two masters, nobody follows", { ...alone, ...late, PEERS: group("master", "master", "fresh") }, "- -"],
  ["two masters, one is followed", { ...alone, PEERS: group("master", "master", "replica of a") }, "a:1 newer"],
];

const count = ({ PEERS }: Facts, part: string): number => PEERS.filter((peer) => peer.includes(part)).length;
const votesFor = ({ PEERS }: Facts, node: string): number =>
  PEERS.filter((peer) => peer.startsWith(`${node},master,`) || new RegExp(`,(replica|standby),${node},`).test(peer))
    .length;

const invariants: readonly (readonly [string, (facts: Facts, chosen: string, epoch: string) => boolean])[] = [
  ["it chooses a planned node, or asks again", (_, chosen) => [...nodes, "-"].some((node) => node === chosen)],
  [
    "a majority of the other Sentinels is believed",
    (facts, chosen, epoch) => facts.NAMED === "" || `${chosen} ${epoch}` === `${facts.NAMED} same`,
  ],
  [
    "else a node that most data nodes follow is chosen, and outranks what others remember",
    (facts, chosen, epoch) =>
      facts.NAMED !== "" ||
      nodes.every(
        (node) =>
          votesFor(facts, node) < 2 ||
          facts.PEERS.some((peer) => peer.startsWith(`${node},replica`)) ||
          `${chosen} ${epoch}` === `${node} newer`,
      ),
  ],
  [
    "without either, it waits for those that do not answer",
    (facts, chosen) =>
      facts.NAMED !== "" ||
      facts.LATE === "yes" ||
      count(facts, ",down,") + count(facts, ",loading,") === 0 ||
      chosen === "-" ||
      votesFor(facts, chosen) >= 2,
  ],
  [
    "the plan's word is taken only where no node that answers has data, and outranks nobody's",
    (facts, chosen, epoch) =>
      epoch !== "same" ||
      facts.NAMED !== "" ||
      facts.NAMES !== "" ||
      (chosen === "a:1" && count(facts, ",data,") === 0),
  ],
  [
    "late, it waits only while most nodes are missing and one has data or is loading it, or between masters",
    (facts, chosen) =>
      chosen !== "-" ||
      facts.LATE === "no" ||
      count(facts, ",down,") >= 2 ||
      count(facts, ",loading,") > 0 ||
      count(facts, ",master,") > 1,
  ],
];

describe("a Sentinel's choice at its start", function () {
  this.timeout(60_000);

  for (const shell of SHELLS) {
    it(`examples (${shell.join(" ")})`, async () => {
      const choices = await chooseAll(
        examples.map(([, facts]) => facts),
        shell,
      );
      examples.forEach(([name, , expected], index) => {
        assert.ok(choices[index]!.startsWith(`${expected} `), `${name}: expected ${expected}, chose ${choices[index]}`);
      });
    });
  }

  it("invariants over all combinations, the same in both shells", async () => {
    const all = Object.keys(looks) as Look[];
    const words = [
      { NAMED: "", NAMES: "" },
      { NAMED: "", NAMES: " a:1" },
      { NAMED: "b:1", NAMES: " b:1 b:1" },
    ];
    const cases = all.flatMap((a) =>
      all.flatMap((b) =>
        all.flatMap((c) =>
          words.flatMap((word) => (["yes", "no"] as const).map((LATE) => ({ ...word, LATE, PEERS: group(a, b, c) }))),
        ),
      ),
    );
    const [choices, others] = await Promise.all([chooseAll(cases, SHELLS[0]), chooseAll(cases, SHELLS[1])]);
    assert.equal(choices.length, cases.length);
    assert.deepEqual(others, choices);
    for (const [name, holds] of invariants) {
      const broken = cases.flatMap((facts, index) => {
        const [chosen, epoch] = choices[index]!.split(" ") as [string, string];
        return holds(facts, chosen, epoch) ? [] : [{ choice: choices[index], ...facts }];
      });
      assert.deepEqual(broken.slice(0, 3), [], `${name}: broken in ${broken.length} of ${cases.length} cases`);
    }
    console.log(`      ${cases.length} combinations`);
  });
});
