import { execFileSync, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { resolve } from "node:path";

/** Runs the decision at boot (`node/decide.sh`, which explains the facts) on facts of one's own. */

/** What a node knows when it starts. */
export interface Facts {
  readonly TOPOLOGY: "sentinel" | "replication";
  readonly INITIAL_MASTER: string;
  readonly NAMED: string;
  readonly DOUBTED: string;
  readonly REPLACING: string;
  readonly PEERS: readonly string[];
  readonly OWN_DATA: "intact" | "empty" | "lost";
  readonly OWN_FILE: "aof" | "rdb" | "torn";
  readonly OWN_STOP: "clean" | "crashed";
  readonly OWN_ID: string;
  readonly OWN_OFFSET: number;
  readonly OWN_PAST: string;
  readonly LAST_ROLE: "master" | "replica" | "none";
  readonly LAST_MASTER: string;
  readonly LAST_ID: string;
  readonly LATE: "yes" | "no";
}

/** The node that decides. */
export const SELF = "a:1";

/** How a peer at an address may look: a word of PEERS for each. */
export const looks = {
  down: (at: string) => `${at},down,-,empty,raw,-,0,0.0`,
  loading: (at: string) => `${at},loading,-,empty,raw,-,0,0.0`,
  fresh: (at: string) => `${at},standby,-,empty,raw,none,1,0.0`,
  restarted: (at: string) => `${at},standby,${SELF},data,ready,ours,90,0.0`,
  "restarted with newer data": (at: string) => `${at},standby,${SELF},data,ready,ours,900,0.0`,
  "restarted, was promoted after this node": (at: string) => `${at},standby,${at},data,ready,next,80,ours.100.old.40`,
  "restarted with foreign data": (at: string) => `${at},standby,d:1,data,ready,foreign,50,0.0`,
  follower: (at: string) => `${at},replica,${SELF},data,ready,ours,100,0.0`,
  "follower by its disk": (at: string) => `${at},replica,${SELF},data,disk,ours,900,0.0`,
  "follower that never synced": (at: string) => `${at},replica,${SELF},empty,raw,-,1,0.0`,
  "follower of d": (at: string) => `${at},replica,d:1,data,ready,next,900,ours.100`,
  master: (at: string) => `${at},master,-,data,ready,next,900,ours.100`,
  "master without our last writes": (at: string) => `${at},master,-,data,ready,next,900,ours.60`,
  "master that is behind": (at: string) => `${at},master,-,data,ready,ours,60,0.0`,
  "master with foreign data": (at: string) => `${at},master,-,data,ready,foreign,50,0.0`,
  "empty master": (at: string) => `${at},master,-,empty,ready,new,1,0.0`,
} as const;
export type Look = keyof typeof looks;

/** A deployment's first start. */
export const fresh: Facts = {
  TOPOLOGY: "sentinel",
  INITIAL_MASTER: SELF,
  NAMED: SELF,
  DOUBTED: "",
  REPLACING: "",
  PEERS: [looks.fresh("b:1"), looks.fresh("c:1")],
  OWN_DATA: "empty",
  OWN_FILE: "aof",
  OWN_STOP: "crashed",
  OWN_ID: "none",
  OWN_OFFSET: 1,
  OWN_PAST: "0.0",
  LAST_ROLE: "none",
  LAST_MASTER: "-",
  LAST_ID: "none",
  LATE: "no",
};
export const wasMaster: Facts = {
  ...fresh,
  OWN_DATA: "intact",
  OWN_ID: "ours",
  OWN_OFFSET: 100,
  OWN_PAST: "old.40",
  LAST_ROLE: "master",
  LAST_MASTER: SELF,
  LAST_ID: "ours",
};
export const wasReplica: Facts = { ...wasMaster, LAST_ROLE: "replica", LAST_MASTER: "b:1" };

/** Two peers, `b:1` and `c:1`. */
export const peers = (b: Look, c: Look) => ({ PEERS: [looks[b]("b:1"), looks[c]("c:1")] });

const undoubted = { DOUBTED: "", REPLACING: "" } as const;

/**
 * Every combination of what can be known, with two other nodes. Left out is what differs in nothing that is looked at:
 * the peers exchanged where neither of them is named anywhere, and the way of stopping where there are no Sentinels.
 */
export function combinations(): readonly Facts[] {
  const all: Facts[] = [];
  const allLooks = Object.keys(looks) as Look[];
  const words = [
    ...["", SELF, "b:1"].map((NAMED) => ({ ...undoubted, TOPOLOGY: "sentinel", NAMED, INITIAL_MASTER: SELF }) as const),
    ...["", " s:1"].map(
      (REPLACING) => ({ TOPOLOGY: "sentinel", NAMED: SELF, DOUBTED: " s:1", REPLACING, INITIAL_MASTER: SELF }) as const,
    ),
    ...[SELF, "b:1"].map(
      (INITIAL_MASTER) => ({ ...undoubted, TOPOLOGY: "replication", NAMED: "", INITIAL_MASTER }) as const,
    ),
  ];
  const disks = [
    { OWN_DATA: "intact", OWN_FILE: "aof" },
    { OWN_DATA: "intact", OWN_FILE: "rdb" },
    { OWN_DATA: "empty", OWN_FILE: "aof" },
    { OWN_DATA: "lost", OWN_FILE: "aof" },
  ] as const;
  for (const word of words)
    for (const b of allLooks)
      for (const c of allLooks)
        for (const past of [fresh, wasMaster, wasReplica])
          for (const disk of disks)
            for (const OWN_STOP of word.TOPOLOGY === "sentinel"
              ? (["clean", "crashed"] as const)
              : (["crashed"] as const))
              for (const LATE of ["yes", "no"] as const) {
                const facts = { ...past, ...peers(b, c), ...word, ...disk, OWN_STOP, LATE };
                if (b <= c || [facts.NAMED, facts.INITIAL_MASTER, facts.LAST_MASTER].includes("b:1")) {
                  all.push(facts);
                }
              }
  // Rare, so not with everything else.
  const gone = { LAST_MASTER: "d:1" };
  const torn = { OWN_FILE: "torn" } as const;
  return [
    ...all,
    ...all.filter(isPlainReplica).map((facts) => ({ ...facts, ...gone })),
    ...all.filter(isWholeMaster).map((facts) => ({ ...facts, ...torn })),
  ];
}

const isWholeMaster = ({ LAST_ROLE, OWN_DATA, OWN_FILE }: Facts): boolean =>
  [LAST_ROLE, OWN_DATA, OWN_FILE].join() === "master,intact,aof";

const isPlainReplica = ({ LAST_ROLE, OWN_DATA, OWN_FILE, OWN_STOP, DOUBTED }: Facts): boolean =>
  [LAST_ROLE, OWN_DATA, OWN_FILE, OWN_STOP, DOUBTED].join() === "replica,intact,aof,crashed,";

const SCRIPTS = ["lib-compare", "decide-by-disks", "decide"];

/**
 * Decides all cases in one shell: thousands of shells would take minutes.
 *
 * @param shell the shell's program and arguments, such as `busybox`, `sh`.
 * @returns what `decide` printed, a line for each case.
 */
export async function decideAll(
  cases: readonly Facts[],
  [shell, ...shellArgs]: readonly string[],
): Promise<readonly string[]> {
  const child = spawn(shell!, [...shellArgs, "-s"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(scriptFor(cases));
  return linesOf(await text(child.stdout));
}

/** The same with this machine's `sh`, for who cannot wait. */
export const decideAllNow = (cases: readonly Facts[]): readonly string[] =>
  linesOf(execFileSync("/bin/sh", ["-s"], { input: scriptFor(cases), encoding: "utf8", maxBuffer: 1e8 }));

const linesOf = (output: string): readonly string[] => output.trimEnd().split("\n");

function scriptFor(cases: readonly Facts[]): string {
  // Assignments rather than `read`, which takes its input byte by byte; only those that differ from the last case.
  let last: Partial<Record<string, unknown>> = {};
  const calls = cases.map((facts) => {
    const changed = Object.entries(facts).filter(([name, value]) => last[name] !== value);
    last = { ...facts };
    return [...changed.map(([name, value]) => `${name}='${[value].flat().join(" ")}'`), "decide\n"].join("; ");
  });
  const sources = SCRIPTS.map((name) => `. '${resolve(__dirname, `../node/${name}.sh`)}'\n`);
  return `set -u\nSELF='${SELF}'\n${sources.join("")}${calls.join("")}`;
}
