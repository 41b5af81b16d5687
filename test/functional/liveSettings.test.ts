import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { hasDirectives, strangersAmong } from "../../changes/look";
import { fieldsOf } from "../../checks/replies";
import { liveDirectiveNames } from "../../config/liveDirectiveNames";
import { planDeployment, type DeploymentPlan } from "../../config/plan";
import { groupTerm, renderGroupEnv } from "../../config/render/groupEnv";
import { ownedDirective } from "../../config/redisDirectives";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { stalled, withGroup, type Group, type MemberProcess } from "../support/processes";
import { holdsFor, waitFor } from "../support/waitFor";

/** The group's plan with other settings, as a changed stack file has it. */
function changedPlan(group: Group, overrides: DeploymentOverrides): DeploymentPlan {
  const settings = parseDeployment({ ...group.plan.settings, ...overrides });
  return planDeployment(settings, group.plan.nodes[0]!.engine.endpoint);
}

const tell = (group: Group, member: MemberProcess, plan: DeploymentPlan) =>
  member.run("settings", renderGroupEnv(plan, member.plan, group.ids));

const config = async (node: MemberProcess, directive: string): Promise<string> =>
  String(((await node.command("CONFIG", "GET", directive)) as string[])[1]);

const ownConfig = async (sentinel: MemberProcess) => {
  const names = ["loglevel", "resolve-hostnames"];
  const replies = await Promise.all(names.map((name) => sentinel.command("SENTINEL", "CONFIG", "GET", name)));
  return fieldsOf(replies.flat());
};

const aofAlone: DeploymentOverrides = { topology: "replication", replicas: 0, appendonly: true };

const startedAt = async (member: MemberProcess): Promise<string> =>
  /run_id:(\w+)/.exec(String(await member.command("INFO", "server")))![1]!;

describe("settings of running servers", () => {
  for (const tools of ["system", "busybox"] as const) {
    it(`change at once, on nodes and Sentinels, restart nothing and survive a restart (${tools} tools)`, () =>
      withGroup({ tools }, async (group) => {
        await group.up();
        const before = await Promise.all(group.members.map(startedAt));
        const plan = changedPlan(group, {
          maxmemoryMb: 64,
          maxmemoryPolicy: "allkeys-lru",
          save: "900 1 300 10",
          minReplicasToWrite: 1,
          logLevel: "verbose",
          downAfterMs: 1234,
          parallelSyncs: 2,
          failoverTimeoutMs: 9000,
          quorum: 1,
          resolveHostnames: false,
          notifyKeyspaceEvents: "Ex",
          extraRedisConf: ["repl-diskless-sync-delay 0", "slowlog-max-len 77"],
        });
        const ended = await Promise.all(group.members.map((member) => tell(group, member, plan)));
        assert.deepEqual(ended.map(({ output }) => output).filter(Boolean), []);
        assert.deepEqual(await Promise.all(group.members.map(startedAt)), before, "a server was restarted");

        const haveThem = async (): Promise<void> => {
          for (const node of group.nodes) {
            const directives = ["maxmemory", "maxmemory-policy", "save", "min-replicas-to-write", "slowlog-max-len"];
            const values = await Promise.all(directives.map((directive) => config(node, directive)));
            assert.deepEqual(values, ["67108864", "allkeys-lru", "900 1 300 10", "1", "77"], node.name);
            assert.match(await config(node, "notify-keyspace-events"), /^(xE|Ex)$/);
            assert.equal((await config(node, "proc-title-template")).split(" ").at(-1), groupTerm(plan));
          }
          for (const sentinel of group.sentinels) {
            const [master] = await sentinel.sentinelList("MASTERS");
            const own = await ownConfig(sentinel);
            assert.ok(hasDirectives(plan, master!, own), `${sentinel.name}: ${JSON.stringify([own, master])}`);
            assert.equal(own["resolve-hostnames"], "no", sentinel.name);
          }
        };
        await haveThem();

        await group.stop();
        const logged = group.sentinels.map(({ log }) => log.length);
        group.start();
        await group.settled();
        await waitFor("every Sentinel's answer", async () => {
          await Promise.all(group.sentinels.map((sentinel) => sentinel.namedMaster()));
          return true;
        });
        await haveThem();
        // A Sentinel of Redis 7.0 does not show its log level, but its log does.
        for (const [at, { name, log }] of group.sentinels.entries()) {
          assert.match(log.slice(logged[at]), / - Accepted /, `${name} is not verbose`);
        }
      }));
  }

  it("that ask for more replicas than there are yet refuse no write until those have come", () =>
    withGroup({ settings: { topology: "replication", replicas: 1 } }, async (group) => {
      const master = await group.up();
      const replica = group.nodes[1]!;
      await replica.stop();
      const plan = changedPlan(group, { minReplicasToWrite: 1 });
      assert.deepEqual(await tell(group, master, plan), { code: 0, output: "" });
      const raised = async () => (await config(master, "min-replicas-max-lag")) === "10";
      // For longer than a hand-over is given.
      await holdsFor("writes to be taken", 12_000, async () => {
        return (await master.command("SET", "key", "value")) === "OK" && !(await raised());
      });
      replica.start();
      await waitFor("the fence", raised, { timeoutMs: 20_000 });
      assert.equal(await master.command("SET", "key", "value"), "OK");
      await replica.stop();
      await assert.rejects(async () => master.command("SET", "key", "value"), /NOREPLICAS/);
      // It asks for no more than before.
      const other = changedPlan(group, { minReplicasToWrite: 1, maxmemoryMb: 64 });
      assert.deepEqual(await tell(group, master, other), { code: 0, output: "" });
      await assert.rejects(async () => master.command("SET", "key", "value"), /NOREPLICAS/);
    }));

  it("that a server refuses are said, and the node does not show that it has them", () =>
    withGroup({ settings: { topology: "replication", replicas: 0 } }, async (group) => {
      const node = await group.up();
      const plan = changedPlan(group, { extraRedisConf: ["maxclients many", "hz 20"], maxmemoryMb: 32 });
      const { code, output } = await tell(group, node, plan);
      assert.equal(code, 1);
      assert.match(output, /^maxclients "many": ERR.*$/);
      assert.equal(await config(node, "maxmemory"), String(32 * 1024 * 1024));
      assert.notEqual((await config(node, "proc-title-template")).split(" ").at(-1), groupTerm(plan));
    }));

  it("that a server refuses do not keep it from its next start, which has what it had before", () =>
    withGroup({ settings: { topology: "replication", replicas: 0 } }, async (group) => {
      const node = await group.up();
      const refuse = async () => {
        const plan = changedPlan(group, { extraRedisConf: ["maxclients many"] });
        assert.equal((await tell(group, node, plan)).code, 1);
        await node.kill();
        node.start();
        await group.settled();
      };
      await refuse();
      assert.equal((await tell(group, node, changedPlan(group, { maxmemoryMb: 64 }))).code, 0);
      await refuse();
      assert.equal(await config(node, "maxmemory"), String(64 * 1024 * 1024));
    }));

  it("of a container that was made later come from that container, not from its volume", () =>
    withGroup({ settings: { topology: "replication", replicas: 0 } }, async (group) => {
      const node = await group.up();
      await tell(group, node, changedPlan(group, { maxmemoryMb: 64 }));
      await node.stop();
      group.render(node, (text) => text.replace("maxmemory 0mb", "maxmemory 16mb"));
      node.start();
      await group.settled();
      assert.equal(await config(node, "maxmemory"), String(16 * 1024 * 1024));
    }));

  it("switch the append-only file on, off and on again, and every restart has all data", () =>
    withGroup({ settings: { topology: "replication", replicas: 0, save: "3600 1" } }, async (group) => {
      const node = await group.up();
      for (const [round, appendonly] of [true, false, true].entries()) {
        await node.command("SET", `before-${round}`, "1");
        const { output } = await tell(group, node, changedPlan(group, { appendonly }));
        assert.equal(output, "");
        assert.equal(await config(node, "appendonly"), appendonly ? "yes" : "no");
        await node.command("SET", `after-${round}`, "1");
        await waitFor("the first append-only file", async () =>
          String(await node.command("INFO", "persistence")).includes("aof_rewrite_in_progress:0"),
        );
        await node.stop();
        assert.equal(existsSync(join(node.data, "appendonlydir")), appendonly);
        node.start();
        await group.settled();
        assert.equal(await node.command("DBSIZE"), 2 * (round + 1));
        assert.equal(await config(node, "appendonly"), appendonly ? "yes" : "no");
      }
    }));

  it("of which one is refused leave the append-only file on, and the next start has the data of before and after", () =>
    withGroup({ settings: aofAlone }, async (group) => {
      const node = await group.up();
      await node.command("SET", "before", "1");
      const plan = changedPlan(group, { appendonly: false, extraRedisConf: ["maxclients many"] });
      const { code, output } = await tell(group, node, plan);
      assert.equal(code, 1);
      assert.match(output, /^maxclients "many": ERR[^\n]*$/);
      assert.equal(await config(node, "appendonly"), "yes");
      await node.command("SET", "after", "1");
      for (const end of ["stop", "kill"] as const) {
        await node[end]();
        node.start();
        await group.settled();
        assert.equal(await node.command("DBSIZE"), 2, `after a ${end}`);
      }
    }));

  it("that ended in the middle leave no append-only file that the server does not write", () =>
    withGroup({ settings: { ...aofAlone, save: "3600 1" } }, async (group) => {
      const node = await group.up();
      await tell(group, node, changedPlan(group, { maxmemoryMb: 64 }));
      const told = join(node.data, "group.env");
      writeFileSync(told, readFileSync(told, "utf8").replace("appendonly yes", "appendonly no"));
      await node.command("CONFIG", "SET", "appendonly", "no");
      await waitFor("the file to be put aside", () => !existsSync(join(node.data, "appendonlydir")));
      await node.command("SET", "after", "1");
      await node.stop();
      node.start();
      await group.settled();
      assert.equal(await node.command("DBSIZE"), 1);
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`a server that is stalled does not have, and it has them when it is told again (${tools} tools)`, () =>
      withGroup({ settings: aofAlone, tools }, async (group) => {
        const node = await group.up();
        await node.command("SET", "kept", "1");
        const plan = changedPlan(group, { maxmemoryMb: 64, appendonly: false });
        await stalled(node, async () => {
          assert.deepEqual(await tell(group, node, plan), { code: 1, output: "no answer within 10 s" });
        });
        assert.equal(await config(node, "appendonly"), "yes");
        assert.ok(existsSync(join(node.data, "appendonlydir")));
        await node.kill();
        node.start();
        await group.settled();
        assert.equal(await node.command("DBSIZE"), 1);
        assert.deepEqual(await tell(group, node, plan), { code: 0, output: "" });
        assert.equal(await config(node, "maxmemory"), String(64 * 1024 * 1024));
        assert.equal(await config(node, "appendonly"), "no");
      }));
  }

  it("are exactly the directives that a real server takes while it runs", () =>
    withGroup({ settings: { topology: "replication", replicas: 0 } }, async (group) => {
      const node = await group.up();
      const reply = (await node.command("CONFIG", "GET", "*")) as string[];
      const wrong: string[] = [];
      for (let at = 0; at < reply.length; at += 2) {
        const [name, value] = [reply[at]!, reply[at + 1]!];
        // What the program sets itself, old spellings, and what a deployment never uses.
        if (ownedDirective(name) !== undefined || /slave|^cluster-|^proc-title|^tls-port$|-max-replicas$/.test(name)) {
          continue;
        }
        const error = await node.command("CONFIG", "SET", name, value).then(
          () => undefined,
          (refused: unknown) => String(refused),
        );
        const isLive = !/immutable|protected/.test(error ?? "");
        if (isLive !== liveDirectiveNames.has(name)) {
          wrong.push(`${name} is ${isLive ? "" : "not "}live (${error ?? "OK"})`);
        }
      }
      assert.deepEqual(wrong, []);
    }));

  it("are old where a Sentinel shows another value, and current where it shows none", () =>
    withGroup({ settings: { replicas: 0, sentinels: 1 } }, async (group) => {
      await group.up();
      const [master] = await group.sentinels[0]!.sentinelList("MASTERS");
      const shown = { loglevel: "notice", "resolve-hostnames": "yes" };
      assert.ok(hasDirectives(group.plan, master!, shown));
      assert.ok(hasDirectives(group.plan, master!, { "resolve-hostnames": "yes" }));
      for (const other of [{ loglevel: "debug" }, { "resolve-hostnames": "no" }]) {
        assert.ok(!hasDirectives(group.plan, master!, { ...shown, ...other }), JSON.stringify(other));
      }
      assert.ok(!hasDirectives(group.plan, { ...master, "parallel-syncs": "7" }, shown));
    }));

  it("do not hide a stranger from the look at the Sentinels", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1 } }, async (group) => {
      await group.up();
      const [sentinel] = group.sentinels;
      // A node that begins to follow closes its clients' connections, and the Sentinel connects anew.
      const replicas = await waitFor("the Sentinel's connection to the replica", async () => {
        const listed = await sentinel!.sentinelList("REPLICAS");
        return listed.every(({ flags }) => flags === "slave") && listed;
      });
      const { reached, announced, name, engine } = group.nodes[0]!.plan;
      const contract = {
        nodes: [{ name, ...reached, announced, engine: engine.endpoint }],
        sentinels: [],
      } as unknown as Parameters<typeof strangersAmong>[0];
      assert.deepEqual(strangersAmong(contract, replicas), [{ address: group.nodes[1]!.address, down: false }]);
    }));
});
