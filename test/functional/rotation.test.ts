import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { renderSecrets } from "../../config/render/secrets";
import { userNames } from "../../config/users";
import { buildContract } from "../../outputs/buildContract";
import { stalled, withGroup, type Group, type MemberProcess } from "../support/processes";
import { bring, newestOnly, rotated } from "../support/rotation";
import { waitFor } from "../support/waitFor";
import { Writer } from "./opsWriter";

async function refusal(member: MemberProcess, username: string, password: string): Promise<string> {
  const client = member.client({ username, password, protocol: 2 });
  try {
    return String(await client.call("PING"));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.disconnect();
  }
}

/** Whether every link between members is up: replicas to their master, Sentinels to everybody. */
async function linked(group: Group): Promise<boolean> {
  const replicas = await Promise.all(group.nodes.map((node) => node.role()));
  const seen = await Promise.all(
    group.sentinels.flatMap((sentinel) =>
      (["MASTERS", "REPLICAS", "SENTINELS"] as const).map((what) => sentinel.sentinelList(what)),
    ),
  );
  return (
    replicas.every(({ link }) => link === undefined || link === "connected") &&
    seen.flat().every(({ flags }) => !/down|disconnected/.test(flags!))
  );
}

describe("passwords", function () {
  this.timeout(90_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`of all users are rotated without a failed command, a refused login or a restart (${tools} tools)`, () =>
      withGroup({ settings: { replicas: 2, sentinels: 3 }, tools }, async (group) => {
        const master = await group.up();
        const pids = group.members.map((member) => member.serverPid());
        const before = { ...group.passwords };
        const writer = new Writer(buildContract(group.plan, { passwords: before }));
        await writer.more(200);
        const both = rotated(before, 1);
        await bring(group, both, "accept");
        group.use(both);
        await bring(group, both, "use");
        await writer.more(200);
        const second = new Writer(buildContract(group.plan, { passwords: both }));
        await second.more(200);
        for (const member of group.members) {
          for (const password of both.admin!) {
            assert.equal(await refusal(member, "admin", password), "PONG", `${member.name} in the overlap`);
          }
        }
        await writer.stop();
        await bring(group, newestOnly(both), "accept");
        await bring(group, newestOnly(both), "use");
        await second.more(200);
        await second.stop();
        assert.deepEqual([...writer.failures, ...second.failures], []);
        for (const member of group.members) {
          assert.match(await refusal(member, "admin", before.admin![0]!), /WRONGPASS/, member.name);
          // Of the folders, only the one of now is left.
          const kept = readdirSync(join(member.home, "secrets")).filter((entry) => !/^(current|links)$/.test(entry));
          assert.equal(kept.length, 1, `${member.name} has ${kept.join(", ")}`);
          assert.equal(statSync(join(member.home, "secrets", kept[0]!, "passwords")).mode & 0o777, 0o600);
        }
        assert.deepEqual(
          group.members.map((member) => member.serverPid()),
          pids,
        );
        // New links too: with the old passwords nobody gets in any more.
        const replica = group.nodes.find((node) => node !== master)!;
        await replica.command("CLIENT", "KILL", "TYPE", "master");
        await waitFor("all members to be linked", () => linked(group), { timeoutMs: 20_000 });
        await replica.stop();
        replica.start();
        await waitFor("all members to be linked again", () => linked(group), { timeoutMs: 20_000 });
        // A failover is as good as before.
        await master.stop();
        const next = await group.settled();
        assert.notEqual(next.name, master.name);
        const keys = (await next.command("DBSIZE")) as number;
        assert.ok(keys >= new Set([...writer.acknowledged, ...second.acknowledged]).size, `${keys} keys`);
      }));
  }

  it("of an interrupted rotation leave a group that works, wherever it stopped; and it can be finished", () =>
    withGroup({ settings: { replicas: 1, sentinels: 3 } }, async (group) => {
      await group.up();
      const both = rotated(group.passwords, 1);
      const [first, second] = group.nodes as [MemberProcess, MemberProcess];
      // Only one has taken them, and starts again.
      for (const member of [second, group.sentinels[0]!]) {
        const secrets = renderSecrets(group.plan, member.plan, { passwords: both });
        member.bringSecrets(secrets);
        assert.equal((await member.run("secrets", "accept", secrets.term)).code, 0);
        await member.stop();
        member.start();
      }
      await group.settled();
      await waitFor("all members to be linked", () => linked(group), { timeoutMs: 20_000 });
      await bring(group, both, "accept");
      // Only one uses them.
      assert.equal(
        (await first.run("secrets", "use", renderSecrets(group.plan, first.plan, { passwords: both }).term)).code,
        0,
      );
      await waitFor("all members to be linked", () => linked(group), { timeoutMs: 20_000 });
      await bring(group, both, "use");
      group.use(newestOnly(both));
      await bring(group, newestOnly(both), "accept");
      await bring(group, newestOnly(both), "use");
      await waitFor("all members to be linked at the end", () => linked(group), { timeoutMs: 20_000 });
    }));

  for (const tools of ["system", "busybox"] as const) {
    it(`are not taken by a server that is stalled, and are when that is repeated (${tools} tools)`, () =>
      withGroup({ settings: { replicas: 1, sentinels: 1, downAfterMs: 60_000 }, tools }, async (group) => {
        await group.up();
        const both = rotated(group.passwords, 1);
        const members = [group.nodes[1]!, group.sentinels[0]!];
        const refuseStalled = (step: "accept" | "use") =>
          Promise.all(
            members.map((member) =>
              stalled(member, async () => {
                const secrets = renderSecrets(group.plan, member.plan, { passwords: both });
                member.bringSecrets(secrets);
                const { code, output } = await member.run("secrets", step, secrets.term);
                assert.equal(code, 1, member.name);
                assert.match(output, /^(changed\n)?no answer within 5 s$/, member.name);
                const marks = step === "accept" ? ["accepted", "used"] : ["used"];
                assert.deepEqual(
                  marks.filter((mark) => member.hasSecrets(secrets, mark)),
                  [],
                  member.name,
                );
              }),
            ),
          );
        await refuseStalled("accept");
        await bring(group, both, "accept");
        await refuseStalled("use");
        await bring(group, both, "use");
        for (const member of group.members) {
          const secrets = renderSecrets(group.plan, member.plan, { passwords: both });
          assert.equal(await refusal(member, "admin", both.admin![0]!), "PONG", member.name);
          assert.ok(member.hasSecrets(secrets, "accepted") && member.hasSecrets(secrets, "used"), member.name);
        }
        const masterauth = (await group.nodes[1]!.command("CONFIG", "GET", "masterauth")) as string[];
        assert.equal(masterauth[1], both.replication![0]);
      }));
  }

  it("reach a server that starts later by its files, and are told to it all the same", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1 } }, async (group) => {
      await group.up();
      const both = rotated(group.passwords, 1);
      const [, late] = group.nodes as [MemberProcess, MemberProcess];
      await late.stop();
      await bring(group, both, "accept");
      await bring(group, both, "use");
      const secrets = renderSecrets(group.plan, late.plan, { passwords: both });
      assert.ok(!late.hasSecrets(secrets, "accepted") && !late.hasSecrets(secrets, "used"));
      group.use(both);
      late.start();
      await group.settled();
      await bring(group, both, "accept");
      await bring(group, both, "use");
      assert.ok(late.hasSecrets(secrets, "accepted") && late.hasSecrets(secrets, "used"));
    }));

  it("of users that left are gone, and what was not brought is said", () =>
    withGroup({ settings: { replicas: 0, sentinels: 1 } }, async (group) => {
      const node = await group.up();
      await node.command("ACL", "SETUSER", "stranger", "on", ">some-password", "~*", "+@all");
      const passwords = rotated(group.passwords, 1);
      await bring(group, passwords, "accept");
      assert.deepEqual(((await node.command("ACL", "USERS")) as string[]).sort(), [
        ...["admin", "app", "default", "monitor", "replication", "sentinel"],
      ]);
      assert.equal(userNames(group.plan.settings).length, 5);
      const { code, output } = await node.run("secrets", "accept", "never");
      assert.equal(code, 1);
      assert.match(output, /the secrets never were not brought/);
    }));

  it("are waited for by a node and a Sentinel that have none yet, and the health check says so", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1 } }, async (group) => {
      const secrets = group.members.map((member) => renderSecrets(group.plan, member.plan, group.secrets));
      group.members.forEach((member) => member.loseSecrets());
      group.start();
      for (const member of group.members) {
        await member.logged(/waits for its secrets/);
        const { code, output } = await member.run("health");
        assert.equal(code, 1);
        assert.match(output, /its secrets have not been brought yet/, member.name);
      }
      const [late] = group.nodes.slice(1);
      assert.equal(await late!.stop(), 143, "it can be stopped while it waits");
      late!.start();
      for (const [index, member] of group.members.entries()) {
        member.bringSecrets(secrets[index]!);
        assert.equal((await member.run("secrets", "accept", secrets[index]!.term)).code, 0);
      }
      await group.settled();
    }));
});
