import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { AskContainer } from "../../checks/hopeless";
import type { GroupView } from "../../checks/view";
import type { ContainerState } from "../../engine/containerState";
import type { Contract } from "../../outputs/contract";
import { conduct, RolloutStopped, type Stage } from "../../rollout/conduct";
import type { Replacement } from "../../rollout/order";
import { contractOf, healthyView, withoutAnswer } from "./checks.support";

/** All comes back within a few looks, however busy the machine is. */
const PACE = { patienceMs: 10_000, lookEveryMs: 1 };
/** For what never comes back. */
const SOON = { ...PACE, patienceMs: 60 };

/** A group in memory: a released member does not answer for some looks, and then is back. */
class Rehearsal implements Stage {
  readonly events: string[] = [];
  readonly lines: string[] = [];
  master = 0;
  prepared = 0;
  /** Looks for which a replaced member does not answer. */
  looksAway = 3;
  readonly away = new Map<string, number>();
  readonly refusing = new Set<string>();
  /** Members that keep their container, as with --target. */
  readonly kept = new Set<string>();
  /** What happens, beside, when a member is released. */
  onRelease: (name: string) => void = () => undefined;
  handOver: ((master: string) => Promise<void>) | undefined;

  constructor(private readonly contract: Contract) {}

  look(): Promise<GroupView> {
    let view = healthyView(this.contract, this.master);
    for (const [name, looks] of this.away) {
      view = withoutAnswer(view, name);
      this.away.set(name, looks - 1);
      if (looks <= 1) {
        this.away.delete(name);
      }
    }
    const denied = { kind: "denied", text: "WRONGPASS" } as const;
    const nodes = view.nodes.map((node) =>
      this.refusing.has(node.member.name) ? { member: node.member, failure: denied } : node,
    );
    return Promise.resolve({ ...view, nodes });
  }

  /** What the engine says of containers, by name. */
  readonly states = new Map<string, ContainerState>();
  readonly container: AskContainer = ({ name }) => Promise.resolve(this.states.get(name));

  prepare(): Promise<void> {
    this.prepared += 1;
    return Promise.resolve();
  }

  release(name: string): void {
    assert.deepEqual([...this.away.keys()], [], `${name} was released while others were away`);
    this.events.push(name);
    if (!this.kept.has(name) && this.looksAway > 0) {
      this.away.set(name, this.looksAway);
    }
    this.onRelease(name);
  }

  done(name: string): Promise<string> {
    return Promise.resolve(this.kept.has(name) ? `old-${name}` : `new-${name}`);
  }

  lastWords(name: string): Promise<string> {
    return Promise.resolve(`its log ends: ${name} is unhappy`);
  }

  tell(line: string): void {
    this.lines.push(line);
  }
}

const replacements = (contract: Contract, change: (name: string) => Partial<Replacement> = () => ({})): Replacement[] =>
  [...contract.nodes, ...contract.sentinels].map(({ name }) => ({
    name,
    kind: name.includes("sentinel") ? ("sentinel" as const) : ("data" as const),
    id: `old-${name}`,
    down: false,
    broken: false,
    ...change(name),
  }));

const stopOf = async (rolling: Promise<void>): Promise<RolloutStopped> => {
  const error = await rolling.then(
    () => assert.fail("the rollout was not stopped"),
    (reason: unknown) => reason,
  );
  return error instanceof RolloutStopped ? error : assert.fail(String(error));
};

/** The order in which all are replaced while the first replica is the master. */
const REPLICA_1_LAST = [
  "redis-master",
  "redis-replica-2",
  "redis-sentinel-1",
  "redis-sentinel-2",
  "redis-sentinel-3",
  "redis-replica-1",
];

describe("a rolling change", () => {
  const contract = contractOf(2, 3);

  it("releases one member at a time, each when all others are well, the master last", async () => {
    const stage = new Rehearsal(contract);
    stage.master = 1;
    await conduct(contract, replacements(contract), stage, PACE);
    assert.deepEqual(stage.events, REPLICA_1_LAST);
  });

  it("heeds a failover that comes between", async () => {
    const stage = new Rehearsal(contract);
    stage.onRelease = (name) => {
      stage.master = name === "redis-replica-1" ? 2 : stage.master;
    };
    await conduct(contract, replacements(contract), stage, PACE);
    assert.deepEqual(stage.events.slice(0, 2), ["redis-replica-1", "redis-master"]);
    assert.equal(stage.events.at(-1), "redis-replica-2");
  });

  it("stops at a member that does not come back: who, why, who serves, who was not touched", async () => {
    const stage = new Rehearsal(contract);
    stage.looksAway = 1_000_000;
    const stopped = await stopOf(conduct(contract, replacements(contract), stage, SOON));
    assert.deepEqual(stage.events, ["redis-replica-1"]);
    assert.equal(stopped.next, "redis-replica-2");
    assert.match(
      stopped.message,
      /^redis-replica-1 was replaced and did not come back within 0 s: it does not answer \(connection refused\); its log ends: redis-replica-1 is unhappy\. The update stopped there: redis-master is the master and serves; not touched: redis-replica-2, .*, redis-master\. .*npm run up/,
    );
  });

  it("stops at once at a container of which its engine knows that it stays away", async () => {
    for (const status of ["exited", "paused", "absent"] as const) {
      const stage = new Rehearsal(contract);
      stage.looksAway = 1_000_000;
      stage.onRelease = (name) => stage.states.set(name, { status, exitCode: 1, restarts: 0 });
      const began = performance.now();
      const stopped = await stopOf(conduct(contract, replacements(contract), stage, { ...PACE, patienceMs: 60_000 }));
      assert.ok(performance.now() - began < 10_000, status);
      assert.match(stopped.message, /^redis-replica-1 was replaced and did not come back within \d s/);
    }
  });

  it("waits for members that the same update makes", async () => {
    const stage = new Rehearsal(contract);
    stage.away.set("redis-sentinel-2", 10);
    stage.release = (name) => stage.events.push(name);
    stage.states.set("redis-sentinel-2", { status: "absent", exitCode: 0, restarts: 0 });
    const turns = replacements(contract).filter(({ kind }) => kind === "data");
    await conduct(contract, turns, stage, { ...PACE, patienceMs: 60_000 });
    assert.equal(stage.events.length, 3);
  });

  it("does not begin while a member that stays is not well", async () => {
    const stage = new Rehearsal(contract);
    stage.away.set("redis-replica-2", 1_000_000);
    const only = replacements(contract).filter(({ name }) => name === "redis-replica-1");
    const stopped = await stopOf(conduct(contract, only, stage, SOON));
    assert.deepEqual(stage.events, []);
    assert.match(stopped.message, /^redis-replica-2 does not answer .*, and that did not change in 0 s/);
  });

  it("makes what is down anew first, all together", async () => {
    const stage = new Rehearsal(contract);
    stage.looksAway = 0;
    const down = new Set(["redis-replica-2", "redis-sentinel-1"]);
    await conduct(
      contract,
      replacements(contract, (name) => ({ down: down.has(name), broken: down.has(name) })),
      stage,
      PACE,
    );
    assert.deepEqual(stage.events.slice(0, 3), ["redis-replica-2", "redis-sentinel-1", "redis-replica-1"]);
  });

  it("replaces a broken member that does not answer although the group has no master", async () => {
    const bare = contractOf(1, 0);
    const stage = new Rehearsal(bare);
    stage.away.set("redis-master", 5);
    stage.release = (name) => {
      stage.events.push(name);
      stage.away.delete(name);
    };
    const broken = replacements(bare, () => ({ broken: true })).filter(({ name }) => name === "redis-master");
    await conduct(bare, broken, stage, { ...PACE, patienceMs: 0 });
    assert.deepEqual(stage.events, ["redis-master"]);
  });

  describe("of members that nothing is known to replace", () => {
    const unexpected = () => ({ unexpected: true });

    it("releases them one after the other without a look at the group, as long as none is replaced", async () => {
      const stage = new Rehearsal(contract);
      stage.looksAway = 0;
      stage.away.set("redis-sentinel-3", 1_000_000);
      stage.release = (name) => stage.events.push(name);
      replacements(contract).forEach(({ name }) => stage.kept.add(name));
      await conduct(contract, replacements(contract, unexpected), stage, SOON);
      assert.equal(stage.events.length, 6);
      assert.equal(stage.prepared, 0);
      assert.deepEqual(stage.lines, []);
    });

    it("once one is replaced all the same, lets the next ones wait for it, the master last", async () => {
      const stage = new Rehearsal(contract);
      stage.master = 1;
      await conduct(contract, replacements(contract, unexpected), stage, PACE);
      assert.deepEqual(stage.events, REPLICA_1_LAST);
      assert.equal(stage.prepared, 1);
      assert.match(stage.lines.join("\n"), /^redis-master was replaced as well, for a reason/m);
    });

    it("stops at one that does not come back", async () => {
      const stage = new Rehearsal(contract);
      stage.looksAway = 1_000_000;
      const stopped = await stopOf(conduct(contract, replacements(contract, unexpected), stage, SOON));
      assert.deepEqual(stage.events, ["redis-replica-1"]);
      assert.match(
        stopped.message,
        /^redis-replica-1 was replaced and did not come back .* not touched: redis-replica-2/,
      );
    });

    it("takes its turn among those that are to be replaced", async () => {
      const stage = new Rehearsal(contract);
      stage.kept.add("redis-replica-1").add("redis-sentinel-1").add("redis-sentinel-3").add("redis-master");
      const turns = replacements(contract, (name) => ({
        unexpected: !["redis-replica-2", "redis-sentinel-2"].includes(name),
      }));
      await conduct(contract, turns, stage, PACE);
      assert.equal(stage.events.at(-1), "redis-master");
      assert.deepEqual(
        stage.lines.filter((line) => line.startsWith("all others")),
        [
          "all others are well: replaces redis-replica-2 (1 of 2)",
          "all others are well: replaces redis-sentinel-2 (2 of 2)",
        ],
      );
    });

    it("hands over without Sentinels, once it is clear that the master will be replaced like the others", async () => {
      const two = contractOf(1, 0);
      for (const kept of [true, false]) {
        const stage = new Rehearsal(two);
        stage.handOver = (master) => {
          stage.events.push(`hand-over from ${master}`);
          stage.master = 1;
          return Promise.resolve();
        };
        if (kept) {
          two.nodes.forEach(({ name }) => stage.kept.add(name));
        }
        stage.looksAway = kept ? 0 : 3;
        await conduct(two, replacements(two, unexpected), stage, PACE);
        const handOver = kept ? [] : ["hand-over from redis-master"];
        assert.deepEqual(stage.events, ["redis-replica-1", ...handOver, "redis-master"]);
      }
    });
  });

  describe("without Sentinels", () => {
    const bare = contractOf(2, 0);
    const handing = (stage: Rehearsal) => {
      stage.handOver = (master) => {
        stage.events.push(`hand-over from ${master}`);
        stage.master = 1;
        return Promise.resolve();
      };
      return stage;
    };

    it("hands over exactly once, right before the master is replaced", async () => {
      const stage = handing(new Rehearsal(bare));
      await conduct(bare, replacements(bare), stage, PACE);
      assert.deepEqual(stage.events, [
        "redis-replica-1",
        "redis-replica-2",
        "hand-over from redis-master",
        "redis-master",
      ]);
    });

    it("does not hand over in an update that leaves others as they are, as with --target", async () => {
      const stage = handing(new Rehearsal(bare));
      stage.kept.add("redis-replica-2").add("redis-master");
      await conduct(bare, replacements(bare), stage, PACE);
      assert.deepEqual(stage.events, ["redis-replica-1", "redis-replica-2", "redis-master"]);
    });

    it("does not hand over when there is nobody to hand over to", async () => {
      const alone = contractOf(0, 0);
      const stage = handing(new Rehearsal(alone));
      await conduct(alone, replacements(alone), stage, PACE);
      assert.deepEqual(stage.events, ["redis-master"]);
    });

    it("stops when the hand-over fails, with the master not touched", async () => {
      const stage = new Rehearsal(bare);
      stage.handOver = () => Promise.reject(new Error("no replica is in sync"));
      await assert.rejects(conduct(bare, replacements(bare), stage, PACE), /no replica is in sync/);
      assert.ok(!stage.events.includes("redis-master"));
    });
  });
});
