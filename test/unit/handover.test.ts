import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseCandidate } from "../../handover/candidate";
import { judgePromotion } from "../../handover/promotion";
import { recordsRole } from "../../handover/record";
import { parseReplication, type NodeState, type ReplicationFacts } from "../../handover/replication";
import { heirOf } from "../../handover/promoteAnother";
import { namedByMajority } from "../../handover/sentinelView";

const at = (index: number) => ({ host: "172.30.28.1", port: 6379 + index });
const master = { name: "m", address: at(0), offset: 1000 };

/** A replica in sync with `master`, but for what is said. */
function replica(name: string, index: number, facts: Partial<ReplicationFacts> = {}): NodeState {
  const inSync: ReplicationFacts = {
    role: "replica",
    offset: 1000,
    follows: master.address,
    linkUp: true,
    syncing: false,
    priority: 100,
  };
  return { name, address: at(index), facts: { ...inSync, ...facts } };
}

const asMaster = (name: string, index: number, offset = 1000): NodeState => ({
  name,
  address: at(index),
  facts: { role: "master", offset, linkUp: true, syncing: false, priority: 0 },
});
const dead = (name: string, index: number): NodeState => ({ name, address: at(index), error: "connection refused" });

describe("the candidate of a planned failover", () => {
  it("is the replica with the least to catch up, of equal ones the first", () => {
    const others = [
      replica("a", 1, { offset: 900 }),
      replica("b", 2, { offset: 990 }),
      replica("c", 3, { offset: 990 }),
    ];
    assert.deepEqual(chooseCandidate(master, others), { name: "b", lagBytes: 10 });
  });

  it("is the wanted one, however far it has to catch up", () => {
    const others = [replica("a", 1, { offset: 1 }), replica("b", 2)];
    assert.deepEqual(chooseCandidate(master, others, "a"), { name: "a", lagBytes: 999 });
  });

  it("is never ahead of its master: that is only the later look", () => {
    assert.deepEqual(chooseCandidate(master, [replica("a", 1, { offset: 1200 })]), { name: "a", lagBytes: 0 });
  });

  const refusals: readonly [NodeState, RegExp][] = [
    [dead("a", 1), /a does not answer \(connection refused\)/],
    [asMaster("a", 1), /a is a master itself/],
    [replica("a", 1, { follows: at(7) }), /a follows 172.30.28.1:6386, not 172.30.28.1:6379/],
    [replica("a", 1, { linkUp: false }), /a has no link to the master/],
    [replica("a", 1, { syncing: true }), /a is still copying the data set/],
    [replica("a", 1, { priority: 0 }), /a may not be promoted \(replica-priority 0/],
  ];
  for (const [state, reason] of refusals) {
    it(`is refused: ${reason.source.replaceAll("\\", "")}`, () => {
      const choice = chooseCandidate(master, [state]);
      assert.match(choice.refused ?? "", reason);
      assert.deepEqual(chooseCandidate(master, [state, replica("b", 2)]), { name: "b", lagBytes: 0 });
      assert.match(chooseCandidate(master, [state, replica("b", 2)], "a").refused ?? "", reason);
    });
  }

  it("does not exist without a replica", () => {
    assert.equal(chooseCandidate(master, []).refused, "there is no replica");
  });

  const anyReplica = fc.record({
    offset: fc.nat(2000),
    linkUp: fc.boolean(),
    syncing: fc.boolean(),
    priority: fc.nat(200),
  });

  it("is always in sync, promotable, and behind by no more than any other such (property)", () => {
    fc.assert(
      fc.property(fc.array(anyReplica, { maxLength: 6 }), (all) => {
        const others = all.map((facts, index) => replica(`r${index}`, index + 1, facts));
        const able = others.filter(({ facts }) => facts!.linkUp && !facts!.syncing && facts!.priority > 0);
        const choice = chooseCandidate(master, others);
        if (choice.name === undefined) {
          return able.length === 0;
        }
        const chosen = able.find(({ name }) => name === choice.name);
        return chosen !== undefined && able.every(({ facts }) => choice.lagBytes <= Math.max(0, 1000 - facts!.offset));
      }),
    );
  });
});

describe("who takes over from a master that an update replaces", () => {
  const own = asMaster("m", 0);

  it("is chosen as in a planned failover: never one that may not be promoted", () => {
    const states = [
      own,
      replica("a", 1, { priority: 0 }),
      replica("b", 2, { offset: 990 }),
      replica("c", 3, { offset: 980 }),
    ];
    assert.deepEqual(heirOf(states, "m"), { name: "b", lagBytes: 10 });
    assert.match(heirOf([own, replica("a", 1, { priority: 0 })], "m").refused ?? "", /^a may not be promoted/);
    assert.match(heirOf([own, replica("a", 1, { syncing: true })], "m").refused ?? "", /^a is still copying/);
  });

  it("is nobody while that master does not answer, since nobody knows what there is to catch up", () => {
    assert.deepEqual(heirOf([dead("m", 0), replica("a", 1)], "m"), {
      refused: "it does not answer (connection refused)",
    });
  });
});

describe("what Sentinels say during a hand-over", () => {
  it("needs more than half of all configured Sentinels, not of those that answer", () => {
    assert.equal(namedByMajority([at(1), undefined, undefined]), undefined);
    assert.equal(namedByMajority([at(1), at(2), undefined]), undefined);
    assert.deepEqual(namedByMajority([at(1), at(2), at(1)]), at(1));
    assert.deepEqual(namedByMajority([at(1)]), at(1));
    assert.equal(namedByMajority([at(1), at(1), at(2), at(2)]), undefined);
    assert.equal(namedByMajority([]), undefined);
  });
});

describe("a promotion by hand", () => {
  const risksOf = (states: readonly NodeState[], chosen: string) => {
    const verdict = judgePromotion(states, chosen);
    return verdict.kind === "go" ? verdict : assert.fail(verdict.kind);
  };

  it("has no risk while the master answers and the chosen one is in sync", () => {
    assert.deepEqual(risksOf([asMaster("m", 0), replica("a", 1), dead("b", 2)], "a"), {
      kind: "go",
      master: "m",
      risks: [],
    });
  });

  it("has nothing to do for the only master", () => {
    assert.deepEqual(judgePromotion([asMaster("m", 0), replica("a", 1)], "m"), { kind: "already" });
  });

  it("is refused for a node that does not answer", () => {
    assert.deepEqual(judgePromotion([asMaster("m", 0), dead("a", 1)], "a"), {
      kind: "refused",
      reason: "a does not answer (connection refused)",
    });
  });

  it("names the unseen tail of a dead master, and who has more", () => {
    const { master: found, risks } = risksOf(
      [dead("m", 0), replica("a", 1, { offset: 900, linkUp: false }), replica("b", 2)],
      "a",
    );
    assert.equal(found, undefined);
    assert.deepEqual(risks, [
      "m does not answer: writes that only it has are lost",
      "b has 100 bytes more than a: promote b instead",
    ]);
  });

  it("names what a replica out of sync does not have", () => {
    assert.deepEqual(risksOf([asMaster("m", 0), replica("a", 1, { linkUp: false })], "a").risks, [
      "a has no link to the master: writes that only m has are lost",
    ]);
  });

  it("names a second master, whichever is chosen", () => {
    const split = [asMaster("m", 0), replica("a", 1), asMaster("n", 2)];
    assert.match(risksOf(split, "a").risks.join(), /^n is a master as well/);
    assert.match(risksOf(split, "m").risks.join(), /^n is a master as well/);
    assert.equal(risksOf(split, "a").master, "m");
  });
});

describe("replies of a hand-over", () => {
  it("INFO replication of a master and of a replica", () => {
    assert.deepEqual(parseReplication("# Replication\r\nrole:master\r\nmaster_repl_offset:42\r\n"), {
      role: "master",
      offset: 42,
      linkUp: true,
      syncing: false,
      priority: 0,
    });
    const text =
      "role:slave\r\nmaster_host:172.30.28.1\r\nmaster_port:6379\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\nslave_read_repl_offset:50\r\nslave_repl_offset:40\r\nslave_priority:7\r\nmaster_repl_offset:41\r\n";
    assert.deepEqual(parseReplication(text), {
      role: "replica",
      offset: 40,
      follows: at(0),
      linkUp: false,
      syncing: true,
      priority: 7,
    });
  });

  it("a record counts when it names the role and the master of now", () => {
    const record = "role=replica\nmaster=172.30.28.1:6379\noffset=1\n";
    assert.ok(recordsRole(record, at(1), at(0)));
    assert.ok(!recordsRole(record, at(1), at(2)));
    assert.ok(!recordsRole(record, at(0), at(0)));
    assert.ok(recordsRole(record.replace("replica", "master"), at(0), at(0)));
    assert.ok(!recordsRole("", at(0), at(0)));
  });
});
