import assert from "node:assert/strict";
import type { DeploymentOverrides } from "../../config/schema";
import { withGroup as withConnections } from "../../handover/group";
import { planPromotion, promote } from "../../handover/promotion";
import { buildContract } from "../../outputs/buildContract";
import { stalled, withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";
import { awaitBlocked, sentinelsOf, Worker, Workers } from "../support/workers";

/** Moves the role with clients of all kinds at work, and looks at what they were told. */
async function moved(
  settings: DeploymentOverrides,
  move: (group: Group, master: MemberProcess, workers: Workers) => Promise<unknown>,
  find = sentinelsOf,
): Promise<void> {
  await withGroup({ settings }, async (group) => {
    const old = await group.up();
    await using workers = await Workers.start(group, old, find(group));
    await move(group, old, workers);
    const next = await group.settled(30_000);
    assert.notEqual(next, old);
    await workers.awaitAtWork(next);
    assert.deepEqual(workers.errors, []);
    const stayed = workers.all.filter(({ lost }) => lost === 0).map(({ job }) => job.join(" "));
    assert.deepEqual(stayed, [], "these kept their connection");
  });
}

/** As {@link moved}, for a move that was planned: it loses no acknowledged write either. */
const movedAsPlanned: typeof moved = (settings, move, find) =>
  moved(
    settings,
    async (group, old, workers) => {
      await move(group, old, workers);
      await workers.awaitAtWork(await group.settled());
      assert.deepEqual(await workers.lostAt(await group.settled()), []);
    },
    find,
  );

/** Waits until every node refuses writes again where too few replicas follow it. */
const fenced = (group: Group) =>
  waitFor(
    "every node to count its replicas again",
    async () => {
      const lags = await Promise.all(group.nodes.map((node) => node.command("CONFIG", "GET", "min-replicas-max-lag")));
      const { minReplicasMaxLagS } = group.plan.settings;
      return lags.every((reply) => String(reply) === `min-replicas-max-lag,${minReplicasMaxLagS}`);
    },
    { timeoutMs: 15_000 },
  );

describe("clients while the master's role moves are sent away, and none is told an error", function () {
  this.timeout(120_000);

  const handOvers: Readonly<Record<string, DeploymentOverrides>> = {
    "a hand-over": {},
    "a hand-over where the new master needs a replica": { minReplicasToWrite: 1 },
    "a hand-over where all nodes are needed for a write": { replicas: 1, minReplicasToWrite: 1 },
    "a hand-over of a server with several threads": { extraRedisConf: ["repl-diskless-sync-delay 0", "io-threads 2"] },
  };
  for (const [what, settings] of Object.entries(handOvers)) {
    it(what, () =>
      movedAsPlanned(settings, async (group, old) => {
        const { code, output } = await old.run("handover");
        assert.equal(code, 0, output);
        await fenced(group);
        console.log(`      writes were held for ${/^done \S+ (\d+)$/m.exec(output)?.[1]} ms`);
      }),
    );
  }

  it("a stop of the master", () => movedAsPlanned({}, (_, old) => old.stop()));

  it("a promotion without Sentinels, where all nodes are needed for a write", () => {
    let master: MemberProcess;
    return movedAsPlanned(
      { topology: "replication", replicas: 1, minReplicasToWrite: 1 },
      async (group) => {
        await withConnections(buildContract(group.plan, group.secrets), async (connections) => {
          const plan = await planPromotion(connections, group.nodes[1]!.name);
          assert.ok(plan !== "already");
          // As people would, the clients look for the new master once it is one.
          await promote(connections, plan, {
            say: (line) => {
              master = line.includes("is the master") ? group.nodes[1]! : master;
            },
          });
        });
        await fenced(group);
      },
      (group) => {
        master = group.nodes[0]!;
        return () => Promise.resolve(master.address);
      },
    );
  });

  it("a master that was replaced while it stood still, and gives way", () =>
    moved({}, (group, old) =>
      stalled(old, async () => {
        await waitFor(
          "the Sentinels to name another",
          async () => {
            const names = await Promise.all(group.sentinels.map((sentinel) => sentinel.namedMaster()));
            return names.every((name) => name !== old.address);
          },
          { timeoutMs: 20_000 },
        );
      }),
    ));

  it("readers that wait at replicas, when those are given another master, or become it", () =>
    withGroup({}, async (group) => {
      const [master, ...replicas] = [await group.up(), ...group.nodes.slice(1)];
      const read = ["XREAD", "BLOCK", 0, "STREAMS", "none:stream", "$"] as const;
      const readers = replicas.map(({ address }) => new Worker(group, read, () => Promise.resolve(address)));
      try {
        await Promise.all(replicas.map((replica) => awaitBlocked(replica, 1)));
        await master.run("handover");
        await waitFor("all readers to be sent away", () =>
          readers.every(({ lost, errors }) => lost + errors.length > 0),
        );
        await Promise.all(replicas.map((replica) => awaitBlocked(replica, 1)));
        assert.deepEqual(
          readers.flatMap(({ errors }) => errors),
          [],
        );
      } finally {
        await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
      }
    }));
});
