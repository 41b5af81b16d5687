import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { agreeTo } from "../../ops/agreement";
import { withGroup as withConnections } from "../../handover/group";
import { planPromotion, promote } from "../../handover/promotion";
import { recordsRole } from "../../handover/record";
import { UserError } from "../../config/userError";
import { awaitHeir } from "../../handover/promoteAnother";
import { buildContract } from "../../outputs/buildContract";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";
import { Writer } from "./opsWriter";

const settings = { topology: "replication" } as const;

/** Promotes a node and gives the risks that were seen before. */
async function promoteNode(group: Group, node: MemberProcess) {
  return withConnections(buildContract(group.plan, group.secrets), async (connections) => {
    const plan = await planPromotion(connections, node.name);
    assert.ok(plan !== "already");
    const result = await promote(connections, plan, { say: () => undefined });
    return { ...result, risks: plan.risks };
  });
}

describe("promotion by hand", function () {
  this.timeout(60_000);

  it("loses no acknowledged write, and all others follow", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      await using writer = new Writer(buildContract(group.plan, group.secrets));
      await writer.more(300);
      const { pausedMs, risks } = await promoteNode(group, group.nodes[2]!);
      await writer.stop();

      assert.deepEqual(risks, []);
      assert.equal(await group.settled(2000), group.nodes[2]);
      assert.equal((await old.role()).name, "slave");
      const client = group.nodes[2]!.client();
      const lost = await writer.lostOn(client).finally(() => client.disconnect());
      console.log(
        `      ${writer.acknowledged.length} writes acknowledged, ${lost.length} lost; paused for ${pausedMs} ms`,
      );
      assert.deepEqual(lost, []);
    }));

  it("survives a restart of all nodes at once, as soon as the roles are recorded", () =>
    withGroup({ settings: { ...settings, save: "3600 1", appendonly: true } }, async (group) => {
      await group.up();
      const chosen = group.nodes[1]!;
      await promoteNode(group, chosen);
      await chosen.command("SET", "key", "value");
      await waitFor("the roles to be recorded", () =>
        group.nodes.every((node) => {
          const text = Object.entries(node.marker()).map(([name, value]) => `${name}=${value}\n`);
          return recordsRole(text.join(""), node.plan.announced, chosen.plan.announced);
        }),
      );
      await group.stop();
      group.start();
      assert.equal(await group.settled(), chosen);
      assert.equal(await chosen.command("GET", "key"), "value");
    }));

  it("with the master dead, names what may be lost and promotes all the same when told to", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      await old.kill();
      const { risks, pausedMs } = await promoteNode(group, group.nodes[1]!);
      assert.match(risks.join(), /redis-master does not answer: writes that only it has are lost/);
      assert.equal(pausedMs, undefined);
      assert.equal(await group.settled(2000), group.nodes[1]);
      old.start();
      await waitFor("the old master to follow", async () => (await old.role()).master === group.nodes[1]!.address, {
        timeoutMs: 20_000,
      });
    }));

  it("does not let writes go on while nobody knows whether the chosen node is the master", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      const chosen = group.nodes[1]!;
      await using writer = new Writer(buildContract(group.plan, group.secrets));
      await writer.more(100);
      let thawed: Promise<void> | undefined;
      const { pausedMs } = await withConnections(buildContract(group.plan, group.secrets), async (connections) => {
        const plan = await planPromotion(connections, chosen.name);
        assert.ok(plan !== "already");
        return promote(connections, plan, {
          say: (line) => {
            if (line.includes("has every write")) {
              const server = chosen.serverPid();
              process.kill(server, "SIGSTOP");
              thawed = sleep(3000).then(() => void process.kill(server, "SIGCONT"));
            }
          },
        });
      });
      await thawed;
      await writer.stop();
      assert.ok(pausedMs !== undefined && pausedMs >= 2500, `writes were held for ${pausedMs} ms`);
      assert.equal(await group.settled(2000), chosen);
      assert.equal((await old.role()).name, "slave");
      const client = chosen.client();
      const lost = await writer.lostOn(client).finally(() => client.disconnect());
      assert.deepEqual(lost, []);
    }));

  it("says that it is in doubt when the chosen node never answers, and does not end the pause", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      const chosen = group.nodes[1]!;
      const promoted = withConnections(buildContract(group.plan, group.secrets), async (connections) => {
        const plan = await planPromotion(connections, chosen.name);
        assert.ok(plan !== "already");
        return promote(connections, plan, {
          say: (line) => {
            if (line.includes("has every write")) process.kill(chosen.serverPid(), "SIGSTOP");
          },
        });
      });
      await assert.rejects(promoted, /does not answer any more.*docker kill.*stay held for 15 s at most/s);
      await assert.rejects(old.command("SET", "a", "1"), /timed out/);
      await chosen.kill();
    }));

  it("refuses a node that does not answer", () =>
    withGroup({ settings }, async (group) => {
      await group.up();
      await group.nodes[1]!.kill();
      await assert.rejects(
        promoteNode(group, group.nodes[1]!),
        (error: unknown) =>
          error instanceof UserError && /redis-replica-1 does not answer .*nothing was changed/.test(error.message),
      );
    }));

  it("stops when the master that was dead comes back while the question waits: there would be two", () =>
    withGroup({ settings }, async (group) => {
      const old = await group.up();
      await old.kill();
      const chosen = group.nodes[1]!;
      await withConnections(buildContract(group.plan, group.secrets), async (connections) => {
        const look = () => planPromotion(connections, chosen.name);
        const plan = await look();
        assert.ok(plan !== "already");
        assert.equal(plan.master, undefined);
        const confirm = async () => {
          old.start();
          await group.settled();
          return true;
        };
        await assert.rejects(
          agreeTo(plan, {}, { confirm, lookAgain: look }),
          /^UserError: Meanwhile redis-master \(.*\) became master\. Nothing was changed;/,
        );
      });
      assert.equal(await group.settled(), old);
    }));

  it("in an update waits for a replica that is in sync until it may be promoted, for a bounded time", () =>
    withGroup({ settings: { ...settings, replicas: 1 } }, async (group) => {
      const master = await group.up();
      const [, replica] = group.nodes;
      await replica!.command("CONFIG", "SET", "replica-priority", "0");
      await withConnections(buildContract(group.plan, group.secrets), async (connections) => {
        await assert.rejects(
          awaitHeir(connections, master.name, { forMs: 50, everyMs: 10 }),
          (error: Error) =>
            error instanceof UserError &&
            error.message ===
              "redis-master cannot hand over: redis-replica-1 may not be promoted (replica-priority 0: it has never synced); nothing was switched",
        );
        const heir = awaitHeir(connections, master.name);
        await replica!.command("CONFIG", "SET", "replica-priority", "100");
        assert.equal(await heir, "redis-replica-1");
      });
    }));
});
