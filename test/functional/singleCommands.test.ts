import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { commandNames } from "../../config/commandNames";
import { commandRefusal, commandRisk } from "../../config/commandRights";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

/** Among the dangerous ones, and no danger to others. */
const HARMLESS = new Set([
  ...["client|list", "info", "lastsave", "module|list", "role", "slowlog|len", "sort", "sort_ro"],
  ...["doctor", "graph", "histogram", "history", "latest"].map((name) => `latency|${name}`),
]);

/** Each with what it is tried with; the last of all empties the database. */
const TRIED: Readonly<Record<string, readonly (string | number)[]>> = {
  "client|list": [],
  keys: ["*"],
  "slowlog|get": [],
  bgsave: [],
  flushdb: [],
};

const as = (group: Group, node: MemberProcess, username: string): Redis =>
  node.client({ username, password: group.passwordOf(username) });

async function asking<T>(client: Redis, work: (client: Redis) => Promise<T>): Promise<T> {
  return work(client).finally(() => client.disconnect());
}

/** What is answered to a command, or the error in words. */
const answer = (client: Redis, name: string, args: readonly (string | number)[]): Promise<string> =>
  client.call(name.split("|")[0]!, ...name.split("|").slice(1), ...args).then(
    (reply) => JSON.stringify(reply),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("single commands", function () {
  this.timeout(60_000);

  it("may be used by whom they are given to, alone and in scripts, and by nobody else", async () => {
    const keys = ["cache:*"];
    const users = [
      { name: "jobs", keys, commands: ["@read", "@write", "@scripting", ...Object.keys(TRIED)] },
      { name: "plain", keys, commands: ["@read", "@write", "@scripting", "@keyspace", "@slow"] },
    ];
    await withGroup(
      { settings: { replicas: 0, sentinels: 1, appCommands: Object.keys(TRIED), users } },
      async (group) => {
        const master = await group.up();
        for (const [name, args] of Object.entries(TRIED)) {
          for (const [user, may] of [
            ["app", true],
            ["jobs", true],
            ["plain", false],
          ] as const) {
            const said = await asking(as(group, master, user), (client) => answer(client, name, args));
            assert.equal(!said.startsWith("NOPERM"), may, `${user}: ${name}: ${said}`);
          }
        }
        const script = ["return #redis.call('KEYS', 'cache:*')", 0] as const;
        assert.equal(await asking(as(group, master, "jobs"), (client) => client.eval(...script)), 0);
        await assert.rejects(
          asking(as(group, master, "plain"), (client) => client.eval(...script)),
          /NOPERM|ACL failure|The user executing the script can't run this command/,
        );
        // What was not named stays away from them.
        const others = { flushall: [], save: [], "client|kill": ["TYPE", "normal"] };
        for (const [name, args] of Object.entries(others)) {
          assert.match(
            await asking(as(group, master, "jobs"), (client) => answer(client, name, args)),
            /^NOPERM/,
            name,
          );
        }
      },
    );
  });

  it("are known to this server, each of the list, and whatever it calls dangerous was judged", () =>
    withGroup({ settings: { topology: "replication", replicas: 0 } }, async (group) => {
      const master = await group.up();
      await asking(master.client(), async (client) => {
        for (const name of commandNames) {
          await client.call("ACL", "SETUSER", "tried", `+${name}`);
        }
        const dangerous = await Promise.all(["dangerous", "admin"].map((one) => client.call("ACL", "CAT", one)));
        const unjudged = new Set((dangerous as string[][]).flat().filter((name) => commandNames.has(name)));
        for (const name of unjudged) {
          if (HARMLESS.has(name) || commandRefusal(name) !== undefined || commandRisk(name) !== undefined) {
            unjudged.delete(name);
          }
        }
        assert.deepEqual([...unjudged], [], "say in config/commandRights.ts what these may do to others");
      });
    }));

  it("with notifyKeyspaceEvents, `app` is told of keys that are set and expire, and needs no CONFIG", () =>
    withGroup({ settings: { replicas: 1, sentinels: 1, notifyKeyspaceEvents: "Egx$" } }, async (group) => {
      const master = await group.up();
      for (const node of group.nodes) {
        const flags = String(await node.command("CONFIG", "GET", "notify-keyspace-events"));
        assert.match(flags, /^notify-keyspace-events,[gxE$]{4}$/, node.name);
      }
      await asking(as(group, master, "app"), async (subscriber) => {
        const told: string[] = [];
        subscriber.on("pmessage", (_: string, channel: string, key: string) => told.push(`${channel} ${key}`));
        await subscriber.psubscribe("__keyevent@0__:*");
        await master.command("SET", "session", "x", "PX", 20);
        await waitFor("the end of the key to be told", () => told.includes("__keyevent@0__:expired session"));
        assert.ok(told.includes("__keyevent@0__:set session"), told.join());
      });
    }));
});
