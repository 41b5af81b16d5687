import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { judge } from "../../checks/judge";
import { observe } from "../../checks/observe";
import { bringBackDropped, giveLoaderRights } from "../../checks/remedies";
import { fieldsOf } from "../../checks/replies";
import type { DeploymentOverrides } from "../../config/schema";
import { renderSecrets, type MemberSecrets } from "../../config/render/secrets";
import { buildContract } from "../../outputs/buildContract";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

const AOF = {
  appendonly: true,
  appendfsync: "always",
  save: "",
  extraRedisConf: ["repl-diskless-sync-delay 0", "enable-debug-command local"],
} satisfies DeploymentOverrides;

/** What an older program brought: `default` off, and without a right. */
function secretsFromBefore(group: Group, member: MemberProcess): MemberSecrets {
  const { files } = renderSecrets(group.plan, member.plan, group.secrets);
  const users = files.users!.replace(/^default .*$/m, "default reset off");
  assert.notEqual(users, files.users, "the program brings the same line as the older one");
  return { term: "0123456789abcdef", files: { ...files, users } };
}

/** A group as an older program left it: bound while it runs, and with these users at its next start. */
async function makeOld(group: Group): Promise<void> {
  for (const node of group.nodes) {
    node.loseSecrets();
    node.putSecrets(secretsFromBefore(group, node));
    await node.command("ACL", "SETUSER", "default", "reset", "off");
  }
}

/** Everything that a server writes to its file as a transaction, and one plain write. */
async function writeTransactions(client: Redis): Promise<void> {
  await client.set("plain", "1");
  await client.multi().set("multi:1", "1").incr("multi:2").exec();
  await client.eval("redis.call('SET', KEYS[1], 1) redis.call('RPUSH', KEYS[2], 'a', 'b')", 2, "script:1", "script:2");
  await client.call("FUNCTION", "LOAD", FUNCTION);
  await client.call("FCALL", "write_two", 2, "function:1", "function:2");
  await client.call("XGROUP", "CREATE", "stream", "group", "0", "MKSTREAM");
  await client.xadd("stream", "1-1", "field", "value");
  await client.xadd("stream", "2-1", "field", "value");
  await client.call("XREADGROUP", "GROUP", "group", "consumer", "COUNT", "1", "STREAMS", "stream", ">");
  // Expired, and not yet removed by the cycle that looks for such keys: written as MULTI, DEL, INCR, EXEC.
  await client.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  await client.set("expired", "5", "PX", 1);
  await waitFor("a key to expire", async () => (await client.exists("expired")) === 0);
  await client.incr("expired");
  await client.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
}

const FUNCTION = `#!lua name=twice
redis.register_function('write_two', function(keys) redis.call('SET', keys[1], 1) redis.call('SET', keys[2], 2) end)`;

async function contents(node: MemberProcess): Promise<readonly unknown[]> {
  const client = node.client({ commandTimeout: 20_000 });
  try {
    const keys = (await client.keys("*")).sort();
    const values = await Promise.all(
      // A stream's payload has the moment in which each consumer was seen last.
      keys.map(async (key) => (key === "stream" ? key : [key, (await client.dumpBuffer(key)).toString("hex")])),
    );
    const stream = keys.includes("stream") ? [await client.xrange("stream", "-", "+"), await groupState(client)] : [];
    return [values, stream, await client.call("FUNCTION", "LIST")];
  } finally {
    client.disconnect();
  }
}

async function groupState(client: Redis): Promise<unknown> {
  const [group] = (await client.xinfo("GROUPS", "stream")) as readonly unknown[];
  const { name, pending, "last-delivered-id": lastDelivered } = fieldsOf(group);
  return [name, pending, lastDelivered, await client.xpending("stream", "group")];
}

async function asAdmin(node: MemberProcess, work: (client: Redis) => Promise<void>): Promise<void> {
  const client = node.client({ protocol: 2, commandTimeout: 20_000 });
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}

/** Findings of one node about its loader. */
async function loaderFindings(group: Group, node: MemberProcess): Promise<readonly { remedy: string }[]> {
  const contract = buildContract(group.plan, group.secrets);
  const { findings } = judge(contract, await observe(contract));
  return findings.filter(({ subject, expected }) => subject === node.name && expected.includes("append-only file"));
}

describe("the user as which a server loads its append-only file", function () {
  this.timeout(90_000);

  it("may do everything with the users of an older program, too: nothing is lost at the first start with this one", () =>
    withGroup({ settings: { ...AOF, replicas: 0, sentinels: 1, quorum: 1 } }, async (group) => {
      const master = await group.up();
      await makeOld(group);
      await asAdmin(master, writeTransactions);
      const before = await contents(master);
      await master.stop();
      master.start();
      await group.settled();
      assert.deepEqual(await contents(master), before);
      assert.match(master.log, /leave the user default, .* without rights; it loads with all rights all the same/);
      assert.doesNotMatch(master.log, /ACLs rules changed/);
    }));

  it("gets its rights live from an update, before anything is started again; then every node is, and all have everything", () =>
    withGroup({ settings: { ...AOF, replicas: 2, sentinels: 3 } }, async (group) => {
      const master = await group.up();
      await makeOld(group);
      await asAdmin(master, writeTransactions);
      const before = await contents(master);
      const remedies = (await loaderFindings(group, master)).map(({ remedy }) => remedy);
      assert.deepEqual(remedies, [giveLoaderRights(master.name)]);
      for (const node of group.nodes) {
        const secrets = renderSecrets(group.plan, node.plan, group.secrets);
        node.bringSecrets(secrets);
        const { code, output } = await node.run("secrets", "accept", secrets.term);
        assert.deepEqual([code, output], [0, ""], node.name);
        const rights = String(await node.command("ACL", "LIST"));
        assert.match(rights, /user default off sanitize-payload ~\* &\* \+@all/, node.name);
        assert.deepEqual(await loaderFindings(group, node), [], node.name);
      }
      for (const node of group.nodes) {
        await node.stop();
        node.start();
        await group.settled();
        assert.deepEqual(await contents(node), before, node.name);
        assert.doesNotMatch(node.log, /ACLs rules changed|without rights/);
      }
      await group.kill();
      group.start();
      await group.named(await group.settled());
      for (const node of group.nodes) {
        assert.deepEqual(await contents(node), before, `${node.name} after all were killed`);
      }
    }));

  it("may do everything with the setting defaultUser, too, and then becomes what the setting says", () =>
    withGroup(
      { settings: { ...AOF, replicas: 0, sentinels: 1, quorum: 1, defaultUser: true, appKeys: ["shop:*"] } },
      async (group) => {
        const master = await group.up();
        await asAdmin(master, writeTransactions);
        // A transaction with a command that neither `app` nor `default` may ever run.
        await asAdmin(master, async (client) => {
          await client.multi().select(1).set("other", "1").flushdb().select(0).set("late", "1").exec();
        });
        const before = await contents(master);
        await master.stop();
        master.start();
        await group.settled();
        assert.deepEqual(await contents(master), before);
        const asDefault = master.client({ username: "default", password: group.passwordOf("app"), protocol: 2 });
        try {
          assert.equal(await asDefault.set("shop:1", "x"), "OK");
          await assert.rejects(asDefault.set("other:1", "x"), /NOPERM/);
          await assert.rejects(asDefault.flushall(), /NOPERM/);
        } finally {
          asDefault.disconnect();
        }
      },
    ));

  it("is left alone by users that are brought while the server loads, and becomes what they say afterwards", () =>
    withGroup(
      {
        settings: {
          ...{ ...AOF, replicas: 0, sentinels: 1, quorum: 1, defaultUser: true, appKeys: ["shop:*"] },
          extraRedisConf: [...AOF.extraRedisConf, "key-load-delay 500"],
        },
      },
      async (group) => {
        const master = await group.up();
        await asAdmin(master, async (client) => {
          // It answers once each 1024 commands while it loads.
          const numbers = Array.from({ length: 3000 }, (_, number) => number);
          await Promise.all(numbers.map((number) => client.multi().set(`a:${number}`, 1).set(`b:${number}`, 1).exec()));
        });
        const before = await contents(master);
        await master.stop();
        master.start();
        await waitFor("the server to load", async () => {
          const info = await master.command("INFO", "persistence").catch(() => "");
          return String(info).includes("loading:1");
        });
        const passwords = { ...group.passwords, app: ["another-app-password"] };
        const secrets = renderSecrets(group.plan, master.plan, { passwords });
        master.bringSecrets(secrets);
        const { code, output } = await master.run("secrets", "accept", secrets.term);
        assert.deepEqual([code, output], [0, ""]);
        await group.settled(60_000);
        assert.deepEqual(await contents(master), before);
        await waitFor("default to have the new password", async () => {
          const asDefault = master.client({ username: "default", password: "another-app-password", protocol: 2 });
          const reply = await asDefault.call("PING").catch(String);
          asDefault.disconnect();
          return reply === "PONG";
        });
      },
    ));

  it("is a finding when a server has dropped transactions, for as long as it has not its master's data", () =>
    withGroup({ settings: { ...AOF, replicas: 0, sentinels: 1, quorum: 1 } }, async (group) => {
      const master = await group.up();
      await asAdmin(master, writeTransactions);
      await master.command("ACL", "SETUSER", "default", "reset", "off");
      // What the boot prevents: the server loads its file while it runs.
      await master.command("DEBUG", "LOADAOF");
      const remedies = (await loaderFindings(group, master)).map(({ remedy }) => remedy);
      assert.deepEqual(remedies, [`${giveLoaderRights(master.name)}; ${bringBackDropped(master.name)}`]);
    }));
});
