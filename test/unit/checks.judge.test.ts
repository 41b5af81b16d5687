import assert from "node:assert/strict";
import fc from "fast-check";
import { judge } from "../../checks/judge";
import type { Following, GroupView, WatchedInstance, WatchedMaster } from "../../checks/view";
import type { Contract } from "../../outputs/contract";
import { contractOf, healthyView, withNode, withoutAnswer, withSentinel } from "./checks.support";

const stranger = { host: "10.9.9.9", port: 6379 };

/** One thing that is wrong, with a member that is to be named and what the findings must say about it. */
interface Deviation {
  readonly what: string;
  readonly kind: "node" | "replica" | "sentinel";
  readonly change: (view: GroupView, name: string, contract: Contract) => GroupView;
  readonly says: RegExp;
}

const flagged =
  (...flags: string[]) =>
  <T extends WatchedInstance>([first, ...rest]: readonly T[]): readonly T[] =>
    first === undefined ? [] : [{ ...first, flags: [...first.flags, ...flags] }, ...rest];

const changedMaster =
  (change: Partial<WatchedMaster>) =>
  (view: GroupView, name: string): GroupView =>
    withSentinel(view, name, ({ masters }) => ({ masters: masters.map((master) => ({ ...master, ...change })) }));

const deviations: readonly Deviation[] = [
  {
    what: "does not answer",
    kind: "node",
    change: withoutAnswer,
    says: /does not answer \(connection refused at 127\.0\.0\.1:\d+\)/,
  },
  {
    what: "loads",
    kind: "node",
    change: (view, name) => withNode(view, name, () => ({ loading: true })),
    says: /loads its data set/,
  },
  {
    what: "is a second master",
    kind: "replica",
    change: (view, name) => withNode(view, name, () => ({ role: "master", following: undefined })),
    says: /is a master too, beside redis-|is a master, and so is redis-/,
  },
  {
    what: "follows a stranger",
    kind: "replica",
    change: (view, name) => withLink(view, name, { master: stranger }),
    says: /is a replica of 10\.9\.9\.9:6379/,
  },
  {
    what: "follows the address outside",
    kind: "replica",
    change: (view, name, { nodes: [first] }) =>
      withLink(view, name, { master: { host: first!.host, port: first!.port } }),
    says: /is a replica of redis-master \(127\.0\.0\.1:6380\)/,
  },
  {
    what: "has no link",
    kind: "replica",
    change: (view, name) => withLink(view, name, { linkUp: false, linkState: "connecting", lastIoS: -1 }),
    says: /has no link to redis-\S+ \(172\.30\.29\.\d+:6379\) \(connecting\)/,
  },
  {
    what: "syncs",
    kind: "replica",
    change: (view, name) => withLink(view, name, { syncing: true }),
    says: /still copies the data set/,
  },
  {
    what: "lags",
    kind: "replica",
    change: (view, name) => ({
      ...view,
      nodes: view.nodes.map((node) =>
        node.facts !== undefined && node.member.name !== name
          ? { ...node, facts: { ...node.facts, offset: 1e9 } }
          : node,
      ),
    }),
    says: /is 999999000 bytes behind/,
  },
  {
    what: "is not attached to its master",
    kind: "replica",
    change: (view, name) => changedAttachment(view, name, () => []),
    says: /has no replica redis-/,
  },
  {
    what: "is attached, but not online",
    kind: "replica",
    change: (view, name) => changedAttachment(view, name, (replica) => [{ ...replica, state: "wait_bgsave" }]),
    says: /as a replica in state wait_bgsave/,
  },
  {
    what: "has not acknowledged for long",
    kind: "replica",
    change: (view, name) => changedAttachment(view, name, (replica) => [{ ...replica, lagS: 9 }]),
    says: /has not heard from redis-\S+ \(\S+\) for 9 s/,
  },
  {
    what: "cannot write its append-only file",
    kind: "node",
    change: (view, name) =>
      withNode(view, name, (facts) => ({ info: { ...facts.info, aof_last_write_status: "err" } })),
    says: /cannot write its append-only file/,
  },
  {
    what: "could not save its snapshot",
    kind: "node",
    change: (view, name) =>
      withNode(view, name, (facts) => ({ info: { ...facts.info, rdb_last_bgsave_status: "err" } })),
    says: /could not save its snapshot/,
  },
  {
    what: "does not answer",
    kind: "sentinel",
    change: withoutAnswer,
    says: /does not answer/,
  },
  {
    what: "does not know the master",
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, () => ({ masters: [] })),
    says: /does not know mymaster/,
  },
  {
    what: "watches another master as well",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, ({ masters }) => ({
        masters: [...masters, ...masters.map((master) => ({ ...master, name: "other" }))],
      })),
    says: /also watches other/,
  },
  ...["s_down", "o_down", "disconnected", "failover_in_progress"].map((flag): Deviation => ({
    what: `sees the master as ${flag}`,
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, ({ masters }) => ({ masters: flagged(flag)(masters) })),
    says: new RegExp(`sees the master \\S+ \\(\\S+\\) as ${flag}`),
  })),
  {
    what: "watches another node",
    kind: "sentinel",
    change: changedMaster(stranger),
    says: /watches 10\.9\.9\.9:6379 as the master/,
  },
  {
    what: "counts too few replicas",
    kind: "sentinel",
    change: changedMaster({ replicas: -1 }),
    says: /sees -1 of \d+ replicas/,
  },
  {
    what: "counts too many replicas",
    kind: "sentinel",
    change: changedMaster({ replicas: 30 }),
    says: /sees 30 of \d+ replicas/,
  },
  {
    what: "counts other Sentinels wrongly",
    kind: "sentinel",
    change: changedMaster({ otherSentinels: 40 }),
    says: /sees 40 of \d+ other Sentinels/,
  },
  {
    what: "has another quorum",
    kind: "sentinel",
    change: changedMaster({ quorum: 99 }),
    says: /has quorum 99 instead of/,
  },
  {
    what: "names a stranger as master",
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, () => ({ masterAddress: stranger })),
    says: /names 10\.9\.9\.9:6379 as the master/,
  },
  {
    what: "names no master",
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, () => ({ masterAddress: undefined })),
    says: /names no master/,
  },
  {
    what: "has no quorum",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, () => ({ quorumCheck: { ok: false, text: "NOQUORUM 1 usable Sentinels." } })),
    says: /no failover is possible: NOQUORUM/,
  },
  {
    what: "knows a foreign replica",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, ({ replicas }) => ({
        replicas: [...replicas, { ...stranger, name: "", flags: ["slave"], id: "x" }],
      })),
    says: /knows a replica too many, 10\.9\.9\.9:6379/,
  },
  {
    what: "knows a ghost of a Sentinel",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, ({ sentinels }) => ({
        sentinels: [...sentinels, { ...stranger, name: "", flags: ["sentinel"], id: "x" }],
      })),
    says: /knows a Sentinel too many, 10\.9\.9\.9:6379/,
  },
];

/** Deviations that need a group of at least two Sentinels, or of at least one replica. */
const inLargerGroups: readonly Deviation[] = [
  ...["s_down", "disconnected"].flatMap((flag): readonly Deviation[] => [
    {
      what: `sees a replica as ${flag}`,
      kind: "sentinel",
      change: (view, name) => withSentinel(view, name, ({ replicas }) => ({ replicas: flagged(flag)(replicas) })),
      says: new RegExp(`sees redis-replica-\\S+ \\(\\S+\\) as ${flag}`),
    },
    {
      what: `sees a Sentinel as ${flag}`,
      kind: "sentinel",
      change: (view, name) => withSentinel(view, name, ({ sentinels }) => ({ sentinels: flagged(flag)(sentinels) })),
      says: new RegExp(`sees redis-sentinel-\\S+ \\(\\S+\\) as ${flag}`),
    },
  ]),
  {
    what: "lacks a replica",
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, ({ replicas }) => ({ replicas: replicas.slice(1) })),
    says: /does not know the replica redis-replica-/,
  },
  {
    what: "lacks a Sentinel",
    kind: "sentinel",
    change: (view, name) => withSentinel(view, name, ({ sentinels }) => ({ sentinels: sentinels.slice(1) })),
    says: /does not know the Sentinel redis-sentinel-/,
  },
  {
    what: "knows two Sentinels with one id",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, ({ id, sentinels: [first, ...rest] }) => ({ sentinels: [{ ...first!, id }, ...rest] })),
    says: /two Sentinels with the same id/,
  },
  {
    what: "knows a Sentinel under an old id",
    kind: "sentinel",
    change: (view, name) =>
      withSentinel(view, name, ({ sentinels: [first, ...rest] }) => ({
        sentinels: [{ ...first!, id: "old" }, ...rest],
      })),
    says: /under an id that it does not have/,
  },
];

describe("judging a group", () => {
  const groups = fc
    .record({ replicas: fc.integer({ min: 0, max: 6 }), sentinels: fc.constantFrom(0, 1, 2, 3, 5, 7) })
    .chain((size) => fc.integer({ min: 0, max: size.replicas }).map((master) => ({ ...size, master })));

  it("finds nothing in a healthy group of any size, whoever is the master", () => {
    fc.assert(
      fc.property(groups, ({ replicas, sentinels, master }) => {
        const contract = contractOf(replicas, sentinels);
        const { rows, findings } = judge(contract, healthyView(contract, master));
        assert.deepEqual(findings, []);
        assert.ok(rows.every(({ passed }) => passed));
        assert.equal(rows.length, 2 * (replicas + 1) + 5 * sentinels + 1);
      }),
    );
  });

  it("finds any single deviation, names the member and fails a row", () => {
    fc.assert(
      fc.property(
        groups,
        fc.constantFrom(...deviations),
        fc.nat(),
        ({ replicas, sentinels, master }, deviation, pick) => {
          const contract = contractOf(replicas, sentinels);
          const candidates = candidatesFor(contract, deviation.kind, master);
          fc.pre(candidates.length > 0);
          const name = candidates[pick % candidates.length]!;
          // Following the address outside is tried with the plan's first node as master.
          fc.pre(deviation.what !== "follows the address outside" || master === 0);
          assertFound(contract, deviation, name, master);
        },
      ),
      { numRuns: 2000 },
    );
  });

  [...deviations, ...inLargerGroups].forEach((deviation) => {
    it(`finds a ${deviation.kind} that ${deviation.what}, in the group of the seed`, () => {
      const contract = contractOf(2, 3);
      assertFound(contract, deviation, candidatesFor(contract, deviation.kind, 0)[0]!, 0);
    });
  });

  it("finds a master that the Sentinels name and that is a replica", () => {
    const contract = contractOf(1, 3);
    const view = withNode(healthyView(contract), "redis-master", () => ({
      role: "replica",
      following: {
        master: contract.nodes[1]!.announced,
        linkState: "connected",
        linkUp: true,
        syncing: false,
        lastIoS: 0,
      },
    }));
    const { findings } = judge(contract, view);
    assert.ok(
      findings.some(
        ({ subject, seen }) =>
          subject === "redis-master" && /is a replica of redis-replica-1 \(172.30.29.12:6379\), not master/.test(seen),
      ),
    );
    assert.ok(findings.some(({ subject, seen }) => subject === "redis" && seen === "has no master"));
  });

  it("names both of two masters without Sentinels, when nobody follows either", () => {
    const contract = contractOf(1, 0);
    const view = withNode(healthyView(contract), "redis-replica-1", () => ({ role: "master", following: undefined }));
    const alone = withNode(view, "redis-master", () => ({ attached: [] }));
    const { findings } = judge(contract, alone);
    assert.deepEqual(
      findings.filter(({ seen }) => seen.includes("is a master, and so is")).map(({ subject }) => subject),
      ["redis-master", "redis-replica-1"],
    );
    assert.match(findings[0]!.remedy, /npm run promote -- NAME/);
  });

  it("says what a member that is down explains only once, and first", () => {
    const contract = contractOf(2, 3);
    const lost = contract.nodes[2]!;
    const seenBySentinels = contract.sentinels.reduce(
      (view, { name }) =>
        withSentinel(view, name, ({ replicas }) => ({
          replicas: [replicas[0]!, { ...replicas[1]!, flags: ["slave", "s_down"] }],
        })),
      changedAttachment(withoutAnswer(healthyView(contract), lost.name), lost.name, () => []),
    );
    const { findings, rows } = judge(contract, seenBySentinels);
    assert.deepEqual(
      findings.map(({ subject }) => subject),
      [lost.name],
    );
    assert.match(findings[0]!.remedy, /pulumi up --refresh.*npm run up.*npm run logs -- redis-replica-2/);
    // The table still shows all of it: the node, its master, and three Sentinels.
    assert.equal(rows.filter(({ passed }) => !passed).length, 5);
  });

  it("has no finding exactly when every row passed", () => {
    fc.assert(
      fc.property(
        groups,
        fc.array(fc.tuple(fc.constantFrom(...deviations), fc.nat()), { maxLength: 4 }),
        ({ replicas, sentinels, master }, several) => {
          const contract = contractOf(replicas, sentinels);
          const view = several.reduce(
            (seen, [{ change, kind }, pick]) => {
              const candidates = candidatesFor(contract, kind, master);
              return candidates.length === 0 ? seen : change(seen, candidates[pick % candidates.length]!, contract);
            },
            healthyView(contract, master),
          );
          const { rows, findings } = judge(contract, view);
          assert.equal(
            findings.length === 0,
            rows.every(({ passed }) => passed),
          );
          for (const { subject, expected, seen, remedy } of findings) {
            assert.ok(subject && expected && seen && remedy);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function assertFound(contract: Contract, { change, says }: Deviation, name: string, master: number): void {
  const view = change(healthyView(contract, master), name, contract);
  const { findings, rows } = judge(contract, view);
  const naming = findings.filter(({ subject, seen }) => subject === name || seen.includes(name));
  assert.ok(naming.length > 0, `no finding names ${name}: ${JSON.stringify(findings)}`);
  assert.ok(
    naming.some(({ seen }) => says.test(seen)),
    `nothing like ${says}: ${JSON.stringify(naming)}`,
  );
  assert.ok(rows.some(({ passed }) => !passed));
}

function candidatesFor({ nodes, sentinels }: Contract, kind: Deviation["kind"], master: number): readonly string[] {
  const members =
    kind === "sentinel" ? sentinels : kind === "node" ? nodes : nodes.filter((_, index) => index !== master);
  return members.map(({ name }) => name);
}

/** How a replica follows its master; a node that follows nobody stays as it is. */
function withLink(view: GroupView, name: string, change: Partial<Following>): GroupView {
  return withNode(view, name, ({ following }) =>
    following === undefined ? {} : { following: { ...following, ...change } },
  );
}

type Attached = NonNullable<GroupView["nodes"][number]["facts"]>["attached"];

/** How the master sees one replica. */
function changedAttachment(view: GroupView, replica: string, change: (seen: Attached[number]) => Attached): GroupView {
  const { announced } = view.nodes.find(({ member }) => member.name === replica)!.member;
  return view.nodes.reduce(
    (all, { member }) =>
      withNode(all, member.name, ({ attached }) => ({
        attached: attached.flatMap((seen) => (seen.host === announced.host ? change(seen) : [seen])),
      })),
    view,
  );
}
