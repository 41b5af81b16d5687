import assert from "node:assert/strict";
import { withGroup } from "../support/processes";
import { waitFor } from "../support/waitFor";

describe("what runs beside the server", function () {
  this.timeout(60_000);

  it("health: each state of a node and of a Sentinel", () =>
    withGroup({ bootWaitS: 1 }, async (group) => {
      const [master, replica] = group.nodes as [(typeof group.nodes)[0], (typeof group.nodes)[0]];
      const sentinel = group.sentinels[0]!;
      assert.deepEqual(await master.run("health"), {
        code: 1,
        output: `unhealthy: no answer from 127.0.0.1:${master.plan.listenPort} within 1 s, or the user admin was refused`,
      });
      master.start();
      await waitFor("a standby's word", async () =>
        (await master.run("health")).output.startsWith("unhealthy: undecided, read-only: "),
      );

      group.start([...group.nodes.slice(1), ...group.sentinels]);
      await group.settled();
      await group.named(master);
      assert.deepEqual(await master.run("health"), { code: 0, output: "ok: master" });
      assert.deepEqual(await replica.run("health"), { code: 0, output: `ok: replica of ${master.address}` });
      const usable = await waitFor("a quorum", async () => {
        const { code, output } = await sentinel.run("health");
        return code === 0 && output;
      });
      assert.match(usable, /^ok: 3 usable Sentinels/);

      await replica.command("CONFIG", "SET", "masterauth", "wrong");
      await replica.command("REPLICAOF", "NO", "ONE");
      await replica.command("REPLICAOF", "127.0.0.1", master.plan.announced.port);
      await waitFor("a broken link", async () => (await replica.run("health")).code === 1);
      assert.match((await replica.run("health")).output, /^unhealthy: replica of \S+, but the link is down$/);

      await group.kill(group.sentinels.slice(1));
      await waitFor("a lost quorum", async () => (await sentinel.run("health")).code === 1);
      assert.match((await sentinel.run("health")).output, /^unhealthy: NOQUORUM/);
    }));

  it("probe who: names the master without a write, also one that takes none; else a sentence", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1, quorum: 1 } }, async (group) => {
      const master = await group.up();
      await master.command("CONFIG", "SET", "min-replicas-to-write", 5);
      const before = await master.command("INFO", "commandstats");
      assert.doesNotMatch(String(before), /cmdstat_set:/);
      const ok = { code: 0, output: `ok ${master.address.replace(":", " ")}` };
      for (const node of group.nodes) {
        assert.deepEqual(await node.run("probe", "who"), ok, node.name);
      }
      assert.match((await master.run("probe")).output, /did not take a write: NOREPLICAS/);
      assert.equal(await master.command("DBSIZE"), 0);
      await group.kill(group.sentinels);
      const unnamed = await master.run("probe", "who");
      assert.equal(unnamed.code, 1);
      assert.match(unnamed.output, /no majority of the Sentinels names a master/);
    }));

  it("probe: writes where the Sentinels say; else a sentence", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const ok = { code: 0, output: `ok ${master.address.replace(":", " ")}` };
      for (const member of [group.nodes[1]!, group.sentinels[0]!]) {
        assert.deepEqual(await member.run("probe"), ok, member.name);
      }
      await master.command("CONFIG", "SET", "min-replicas-to-write", 5);
      const refused = await master.run("probe");
      assert.equal(refused.code, 1);
      assert.match(refused.output, /^the master \S+ did not take a write: NOREPLICAS/);
      await group.kill(group.sentinels);
      const unnamed = await master.run("probe");
      assert.equal(unnamed.code, 1);
      assert.match(unnamed.output, /^no majority of the Sentinels names a master: sentinels: 0\/3/);
    }));

  it("probe without Sentinels: the one data node that is master; else a sentence", () =>
    withGroup({ settings: { topology: "replication" } }, async (group) => {
      const master = await group.up();
      const from = group.nodes[1]!;
      assert.deepEqual(await from.run("probe"), { code: 0, output: `ok ${master.address.replace(":", " ")}` });
      await from.command("REPLICAOF", "NO", "ONE");
      assert.match((await from.run("probe")).output, /^more than one data node is master: \S+ and \S+$/);
      await from.command("REPLICAOF", "127.0.0.1", master.plan.announced.port);
      await master.kill();
      assert.match((await from.run("probe")).output, /^no data node is master: /);
    }));

  it("cli: this node, or another one", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const { host, port } = master.plan.announced;
      const own = await group.nodes[1]!.run("cli");
      assert.equal(own.code, 0, own.output);
      const there = await group.sentinels[0]!.run("cli", host, String(port), "ROLE");
      assert.match(there.output, /^master/);
    }));
});
