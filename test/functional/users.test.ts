import assert from "node:assert/strict";
import type { DeploymentOverrides } from "../../config/schema";
import { aclLines, userNames } from "../../config/users";
import { withGroup, type Group, type MemberProcess } from "../support/processes";

const SETTINGS: DeploymentOverrides = {
  replicas: 1,
  sentinels: 1,
  appKeys: ["shop:*"],
  users: [{ name: "reports", keys: ["report:*"], commands: ["@read", "@write"] }],
};

type Words = readonly [string, ...(string | number)[]];

/** Says a command as a user; the reply, or the error's text. */
async function sayAs(group: Group, member: MemberProcess, username: string, [name, ...args]: Words): Promise<string> {
  const client = member.client({ username, password: group.passwordOf(username) });
  try {
    return JSON.stringify(await client.call(name, ...args));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.disconnect();
  }
}

/** What each user may do and what it may not, on the master and on a Sentinel. */
const rights: Readonly<
  Record<string, { readonly may: readonly Words[]; readonly not: readonly Words[]; readonly onSentinel: "may" | "not" }>
> = {
  admin: {
    onSentinel: "may",
    may: [
      ["KEYS", "*"],
      ["CONFIG", "GET", "maxmemory"],
      ["CLIENT", "LIST"],
      ["SLOWLOG", "RESET"],
      ["ACL", "LIST"],
      ["FLUSHALL"],
    ],
    not: [],
  },
  app: {
    onSentinel: "may",
    may: [
      ["SET", "shop:1", "x"],
      ["GET", "shop:1"],
      ["EVAL", "return redis.call('GET', KEYS[1])", 1, "shop:1"],
      ["LPUSH", "shop:list", "b", "a"],
      ["SORT", "shop:list", "ALPHA"],
      ["PUBLISH", "any", "news"],
      ["SCAN", 0],
      ["DBSIZE"],
      ["INFO"],
      ["ROLE"],
      ["WAIT", 0, 1],
      ["MULTI"],
      ["CLIENT", "SETNAME", "web"],
    ],
    not: [
      ["SET", "other:1", "x"],
      ["GET", "other:1"],
      ["KEYS", "*"],
      ["FLUSHALL"],
      ["FLUSHDB"],
      ["DEBUG", "JMAP"],
      ["CONFIG", "GET", "*"],
      ["CONFIG", "SET", "maxmemory", "1mb"],
      ["ACL", "LIST"],
      ["ACL", "SETUSER", "app", "+@all"],
      ["CLIENT", "LIST"],
      ["CLIENT", "KILL", "TYPE", "normal"],
      ["REPLICAOF", "NO", "ONE"],
      ["SHUTDOWN"],
      ["MONITOR"],
      ["SAVE"],
      ["SLOWLOG", "GET"],
      ["SWAPDB", 0, 1],
      ["MODULE", "LIST"],
    ],
  },
  monitor: {
    onSentinel: "may",
    may: [
      ["PING"],
      ["INFO", "all"],
      ["ROLE"],
      ["DBSIZE"],
      ["SLOWLOG", "GET"],
      ["LATENCY", "LATEST"],
      ["MEMORY", "STATS"],
      ["CLIENT", "LIST"],
    ],
    not: [
      ["GET", "shop:1"],
      ["SET", "shop:1", "x"],
      ["CONFIG", "GET", "masterauth"],
      ["SLOWLOG", "RESET"],
      ["CLIENT", "KILL", "TYPE", "normal"],
      ["KEYS", "*"],
      ["SCAN", 0],
      ["MONITOR"],
      ["SUBSCRIBE", "news"],
      ["PUBLISH", "news", "x"],
    ],
  },
  replication: {
    onSentinel: "not",
    may: [["PING"], ["REPLCONF", "capa", "eof"]],
    not: [["GET", "shop:1"], ["INFO"], ["CONFIG", "GET", "*"], ["REPLICAOF", "NO", "ONE"], ["KEYS", "*"]],
  },
  sentinel: {
    onSentinel: "may",
    may: [["PING"], ["INFO"], ["ROLE"], ["PUBLISH", "__sentinel__:hello", "x"]],
    not: [
      ["GET", "shop:1"],
      ["SET", "shop:1", "x"],
      ["CONFIG", "GET", "masterauth"],
      ["CONFIG", "SET", "maxmemory", "1mb"],
      ["PUBLISH", "news", "x"],
      ["FLUSHALL"],
      ["KEYS", "*"],
    ],
  },
  reports: {
    onSentinel: "may",
    may: [["SET", "report:1", "x"], ["GET", "report:1"], ["PING"], ["INFO"]],
    not: [
      ["SET", "shop:1", "x"],
      ["GET", "shop:1"],
      ["KEYS", "*"],
      ["FLUSHALL"],
      ["EVAL", "return 1", 0],
      ["CONFIG", "GET", "*"],
    ],
  },
};

/** What whoever may log in at a Sentinel may ask it, and what only `admin` may tell it. */
const QUESTIONS: Readonly<Record<string, readonly Words[]>> = {
  app: [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"], ["SENTINEL", "REPLICAS", "mymaster"], ["INFO"], ["PING"]],
  monitor: [["SENTINEL", "CKQUORUM", "mymaster"], ["SENTINEL", "MASTERS"], ["INFO"]],
  reports: [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"]],
  sentinel: [["PING"], ["SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", 1, 0, "*"]],
};
const ORDERS: readonly Words[] = [
  ["SENTINEL", "FAILOVER", "mymaster"],
  ["SENTINEL", "RESET", "*"],
  ["SENTINEL", "SET", "mymaster", "quorum", 5],
  ["SENTINEL", "REMOVE", "mymaster"],
  ["SENTINEL", "CONFIG", "GET", "*"],
  ["ACL", "LIST"],
  ["SHUTDOWN"],
];

describe("users", function () {
  this.timeout(60_000);

  it("may do what they need, and nothing else", () =>
    withGroup({ settings: SETTINGS }, async (group) => {
      const master = await group.up();
      const [sentinel] = group.sentinels;
      assert.deepEqual(Object.keys(rights).sort(), [...userNames(group.plan.settings)].sort());
      for (const [user, { may, not, onSentinel }] of Object.entries(rights)) {
        for (const words of may) {
          assert.doesNotMatch(
            await sayAs(group, master, user, words),
            /^(NOPERM|NOAUTH|WRONGPASS|ERR)/,
            `${user}: ${words.join(" ")}`,
          );
        }
        // Of DEBUG, a server says that it is off before it looks at the user's rights.
        for (const words of not) {
          assert.match(
            await sayAs(group, master, user, words),
            /^(NOPERM|ERR DEBUG command not allowed)/,
            `${user}: ${words.join(" ")}`,
          );
        }
        const knock = await sayAs(group, sentinel!, user, ["PING"]);
        assert.match(knock, onSentinel === "may" ? /PONG/ : /^WRONGPASS/, `${user} at a Sentinel`);
      }
      for (const [user, questions] of Object.entries(QUESTIONS)) {
        for (const words of questions) {
          assert.doesNotMatch(
            await sayAs(group, sentinel!, user, words),
            /^(NOPERM|ERR)/,
            `${user}: ${words.join(" ")}`,
          );
        }
        for (const words of ORDERS) {
          assert.match(await sayAs(group, sentinel!, user, words), /^NOPERM/, `${user}: ${words.join(" ")}`);
        }
      }
    }));

  it("let in who gives no name only where the settings say so, and then as `app`", async () => {
    await withGroup(
      { settings: { replicas: 0, sentinels: 1, defaultUser: true, appKeys: ["shop:*"] } },
      async (group) => {
        const master = await group.up();
        for (const member of [master, ...group.sentinels]) {
          const client = member.client({ username: undefined, password: group.passwordOf("app") });
          assert.equal(await client.ping(), "PONG");
          await assert.rejects(client.call("ACL", "LIST"), /NOPERM/);
          client.disconnect();
        }
      },
    );
    await withGroup({ settings: { replicas: 0, sentinels: 1 } }, async (group) => {
      const master = await group.up();
      for (const member of [master, ...group.sentinels]) {
        for (const user of userNames(group.plan.settings)) {
          const client = member.client({ username: undefined, password: group.passwordOf(user), protocol: 2 });
          await assert.rejects(client.ping(), /NOAUTH|WRONGPASS/, `${member.name} let ${user}'s password in`);
          client.disconnect();
        }
      }
    });
  });

  it("are as the plan says on every member, and no others are there", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1 } }, async (group) => {
      await group.up();
      for (const member of group.members) {
        const lines = aclLines(group.plan.settings, member.plan.kind, group.passwords);
        const names = (await member.command("ACL", "USERS")) as string[];
        assert.deepEqual(names.sort(), lines.map((line) => line.split(" ")[0]!).sort(), member.name);
      }
    }));
});
