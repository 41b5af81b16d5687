import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { DeploymentOverrides } from "../../config/schema";
import { nodeClient } from "../../checks/connections";
import { ask, type Side } from "../../ops/migrate/side";
import { differing } from "../../ops/migrate/compare";
import { copyKeys, restored } from "../../ops/migrate/copy";
import { reopen } from "../../ops/migrate/cutOver";
import { keptAlive } from "../../ops/migrate/keepAlive";
import { connectTo, findLogin, type Login } from "../../ops/migrate/login";
import { MARKER } from "../../ops/migrate/ownKeys";
import { migrate, type Migrated, type Migration } from "../../ops/migrate/migration";
import { findMaster, withServers } from "../../ops/migrate/sources";
import { UserError } from "../../config/userError";
import { buildContract } from "../../outputs/buildContract";
import { fillWithEveryType } from "../support/everyType";
import { fillWithLargeValues, LARGE_ENDS_AT } from "../support/largeValues";
import { PlainServers } from "../support/plainServers";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

const settings: DeploymentOverrides = {
  topology: "replication",
  replicas: 1,
  extraRedisConf: ["repl-diskless-sync-delay 0", "enable-debug-command yes"],
};
const password = "pass";

/** Carries over as the command does, with a person who says yes at once. */
async function carry(
  old: PlainServers,
  group: Group,
  {
    changed = {},
    addresses = old.addresses,
    login = { password },
  }: { changed?: Partial<Migration>; addresses?: PlainServers["addresses"]; login?: Login } = {},
): Promise<{ done: Migrated | undefined; said: string }> {
  const said: string[] = [];
  const master = await group.settled();
  const contract = buildContract(group.plan, group.secrets);
  const member = contract.nodes.find(({ name }) => name === master.name)!;
  const redis = keptAlive(nodeClient(contract, member, { protocol: 2, commandTimeout: 10_000 }));
  try {
    const done = await withServers(addresses, login, async (servers) =>
      migrate({
        sources: await findMaster(addresses, servers),
        login,
        target: { name: member.name, redis, replicas: group.nodes.filter((node) => node.isRunning).length - 1 },
        deployment: contract.deployment,
        say: (line) => said.push(line),
        mayClose: () => Promise.resolve(true),
        ...changed,
      }),
    );
    return { done, said: said.join("\n") };
  } finally {
    redis.disconnect();
  }
}

const digest = (server: Redis | MemberProcess): Promise<unknown> =>
  server instanceof Redis ? server.call("DEBUG", "DIGEST") : server.command("DEBUG", "DIGEST");

/** The same, of so much data that it takes a while. */
async function patientDigest(group: Group, node: MemberProcess): Promise<unknown> {
  const contract = buildContract(group.plan, group.secrets);
  const client = nodeClient(
    contract,
    contract.nodes.find(({ name }) => name === node.name)!,
    { commandTimeout: 20_000 },
  );
  try {
    return await client.call("DEBUG", "DIGEST");
  } finally {
    client.disconnect();
  }
}

/** The old group and an empty new one. */
async function withBoth(
  body: (old: PlainServers, group: Group, master: MemberProcess) => Promise<void>,
  options: Parameters<typeof PlainServers.start>[0] & { readonly target?: readonly string[] } = {},
): Promise<void> {
  await using old = await PlainServers.start({
    ...options,
    options: ["--enable-debug-command", "yes", ...(options.options ?? [])],
  });
  const { extraRedisConf } = settings;
  const changed = { ...settings, extraRedisConf: [...extraRedisConf!, ...(options.target ?? [])] };
  await withGroup({ settings: changed }, async (group) => body(old, group, await group.up()));
}

const refused = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError, String(error));
  assert.match(error.message, sentence);
  return true;
};

describe("carrying data over", function () {
  this.timeout(120_000);

  it("brings every type, in all databases, with its end, to all nodes; writes are refused at the old servers then", () =>
    withBoth(
      async (old, group) => {
        const keys = await fillWithEveryType(old.master);
        const { done, said } = await carry(old, group);
        console.log(`      ${said.replaceAll("\n", "\n      ")}\n      held for ${done?.heldMs} ms`);
        assert.equal(done?.keys, keys);
        const wanted = await digest(old.master);
        for (const node of group.nodes) {
          assert.equal(await digest(node), wanted, `${node.name} has other data`);
        }
        assert.equal(await group.nodes[0]!.command("FCALL", "twice", 0, 21), 42);
        for (const index of [0, 1]) {
          await assert.rejects(old.client(0).set("late", 1), /NOREPLICAS/);
          assert.deepEqual(await old.client(index).config("GET", "min-replicas-to-write"), [
            "min-replicas-to-write",
            "1000001",
          ]);
        }
        assert.equal(await old.master.get("string"), "value", "reads go on");
      },
      { replicas: 1, options: ["--min-replicas-to-write", "1"] },
    ));

  it("loses nothing of what is written meanwhile, and changes nothing else", () =>
    withBoth(async (old, group, master) => {
      await fillWithEveryType(old.master);
      await using writers = new Writers(old, 4);
      await writers.more(500);
      let before = 0;
      const { done, said } = await carry(old, group, {
        changed: {
          mayClose: async () => {
            before = writers.acknowledged;
            await writers.more(500);
            return true;
          },
        },
      });
      await waitFor("all writers to be refused", () => writers.refused === 4);
      console.log(`      ${said.replaceAll("\n", "\n      ")}`);
      console.log(
        `      ${writers.acknowledged} writes acknowledged (${writers.acknowledged - before} while it was asked), held for ${done?.heldMs} ms, longest gap ${Math.round(writers.longestGapMs)} ms`,
      );
      // Keys that have ended count until a server removes them, each in its own time.
      await waitFor("both to have the same data", async () => (await digest(master)) === (await digest(old.master)));
      assert.deepEqual(await writers.lostAt(master), []);
      assert.ok(writers.longestGapMs < 3000, `writes were held for ${writers.longestGapMs} ms`);
    }));

  it("may be broken off and done again, and brings then what there is then", () =>
    withBoth(async (old, group, master) => {
      await old.master.mset({ kept: "1", removed: "1" });
      const { done, said } = await carry(old, group, { changed: { mayClose: () => Promise.resolve(false) } });
      assert.equal(done, undefined, said);
      assert.equal(await master.command("GET", "removed"), "1");
      assert.equal(await old.master.set("kept", "2"), "OK", "the old server takes writes as before");
      await old.master.del("removed");

      const again = await carry(old, group);
      assert.match(again.said, /2 keys removed that an unfinished copy had brought from 127/);
      assert.equal(await digest(master), await digest(old.master));
      assert.equal(await master.command("EXISTS", MARKER), 0);
      await assert.rejects(carry(old, group), refused(/has a key already/));
    }));

  it("stops when it is told to", () =>
    withBoth(async (old, group) => {
      await old.master.set("key", "value");
      const stop = new AbortController();
      const changed: Partial<Migration> = {
        signal: stop.signal,
        mayClose: (taken) => {
          stop.abort();
          return new Promise((resolve) => taken.addEventListener("abort", () => resolve(false)));
        },
      };
      await assert.rejects(carry(old, group, { changed }), refused(/stopped as asked; nothing was switched/));
      assert.equal(await old.master.set("key", "again"), "OK");
    }));

  it("comes through although both sides close what is idle for 1 s, however long the answer takes", () =>
    withBoth(
      async (old, group, master) => {
        await old.master.set("key", "value");
        const changed: Partial<Migration> = {
          mayClose: async () => {
            // Sooner than after 2 s no server closes an idle connection.
            await sleep(5000);
            await old.master.set("late", "value");
            return true;
          },
        };
        const { done } = await carry(old, group, { changed });
        assert.equal(done?.keys, 1);
        assert.equal(await master.command("GET", "late"), "value");
        await assert.rejects(old.client(1).set("late", 1), /NOREPLICAS|READONLY/);
      },
      { replicas: 1, options: ["--timeout", "1"], target: ["timeout 1"] },
    ));

  it("brings large values in pieces, with what changes meanwhile, and never holds a server up with a whole one", () =>
    withBoth(async (old, group, master) => {
      const names = await fillWithLargeValues(old.master);
      await old.master.set("small", "value");
      const changed: Partial<Migration> = {
        mayClose: async () => {
          await old.master
            .multi()
            .hset("large-hash", "field-1", "changed", "field-new", "new")
            .append("large-string", "changed")
            .lpop("large-list")
            .xack("large-stream", "workers", "3-1")
            .del("large-set")
            .exec();
          return true;
        },
      };
      const { said } = await carry(old, group, { changed });
      console.log(`      ${said.replaceAll("\n", "\n      ")}`);
      const wanted = await digest(old.master);
      for (const node of group.nodes) {
        assert.equal(await patientDigest(group, node), wanted, `${node.name} has other data`);
      }
      assert.equal(await master.command("PEXPIRETIME", "large-hash"), LARGE_ENDS_AT);
      assert.equal(await master.command("EXISTS", "large-set"), 0);
      for (const [command, ...args] of [
        ["XINFO", "GROUPS", "large-stream"],
        ["XPENDING", "large-stream", "workers"],
        ["XPENDING", "large-stream", "others"],
      ] as const) {
        assert.deepEqual(await master.command(command, ...args), await old.master.call(command, ...args));
      }
      for (const [command, ask] of [
        ["dump", (section: string) => old.master.info(section)],
        ["restore", (section: string) => master.command("INFO", section)],
      ] as const) {
        const calls = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(await ask("commandstats")))?.[1];
        // The small one: tried, brought, and read for the comparison.
        assert.ok(
          Number(calls) <= 3,
          `${command.toUpperCase()} was asked ${calls} times for 1 of ${names.length + 1} keys`,
        );
      }
    }));

  it("needs no other rights at the old server than those that the guide names", () =>
    withBoth(async (old, group, master) => {
      await fillWithEveryType(old.master);
      const guide = readFileSync("docs/migrate.md", "utf8");
      const [, rules] = /^ACL SETUSER mover (.*)$/m.exec(guide) ?? [];
      await old.master.call("ACL", "SETUSER", "mover", "reset", `>${password}`, ...rules!.split(" "));
      await carry(old, group, { login: { user: "mover", password } });
      assert.equal(await digest(master), await digest(old.master));
      await assert.rejects(old.master.set("key", "value"), /NOREPLICAS/);
    }));

  it("brings what consumers of a stream do meanwhile, of which no server tells", () =>
    withBoth(async (old, group, master) => {
      const { master: was } = old;
      for (const [name, ...args] of [
        ...Array.from({ length: 6 }, (_, at) => ["XADD", "jobs", `${at + 1}-1`, "n", at] as const),
        ["XGROUP", "CREATE", "jobs", "workers", 0],
        ["XREADGROUP", "GROUP", "workers", "one", "COUNT", 4, "STREAMS", "jobs", ">"],
        ["XADD", "quiet", "1-1", "n", 1],
        ["XADD", "gone", "1-1", "n", 1],
      ] as const) {
        await was.call(name, ...args);
      }
      const changed: Partial<Migration> = {
        mayClose: async () => {
          for (const [name, ...args] of [
            ["XACK", "jobs", "workers", "1-1"],
            ["XCLAIM", "jobs", "workers", "two", 0, "2-1"],
            ["XREADGROUP", "GROUP", "workers", "two", "COUNT", 1, "STREAMS", "jobs", ">"],
            ["XGROUP", "CREATE", "quiet", "late", "$"],
            ["DEL", "gone"],
          ] as const) {
            await was.call(name, ...args);
          }
          return true;
        },
      };
      await carry(old, group, { changed });
      for (const [command, ...args] of [
        ["XINFO", "GROUPS", "jobs"],
        ["XINFO", "GROUPS", "quiet"],
        ["XPENDING", "jobs", "workers"],
      ] as const) {
        assert.deepEqual(await master.command(command, ...args), await was.call(command, ...args), args.join(" "));
      }
    }));

  it("comes through while consumers of a stream are at work all the time, and nothing is delivered twice", () =>
    withBoth(async (old, group, master) => {
      const jobs = 20_000;
      const script = "for at = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], at .. '-1', 'n', at) end";
      await old.master.eval(script, 1, "jobs", jobs);
      await old.master.xgroup("CREATE", "jobs", "workers", 0);
      let isOver = false;
      const work = async (worker: Redis, consumer: string): Promise<void> => {
        while (!isOver) {
          const reply = await worker.xreadgroup("GROUP", "workers", consumer, "COUNT", 2, "STREAMS", "jobs", ">");
          const entries = (reply as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];
          await worker.xack("jobs", "workers", entries[0]?.[0] ?? "0-1");
          await sleep(1);
        }
      };
      const workers = ["one", "two"].map((consumer) => ({ consumer, client: old.connect() }));
      const working = workers.map(({ client, consumer }) => work(client, consumer));
      const ended = Promise.allSettled(working);
      try {
        await carry(old, group);
        const failures = (await ended).map((each) => String(each.status === "rejected" ? each.reason : "none"));
        assert.deepEqual(
          failures.filter((failure) => !failure.includes("NOREPLICAS")),
          [],
        );
        for (const [command, ...args] of [
          ["XINFO", "GROUPS", "jobs"],
          ["XPENDING", "jobs", "workers"],
        ] as const) {
          assert.deepEqual(await master.command(command, ...args), await old.master.call(command, ...args));
        }
      } finally {
        isOver = true;
        await ended;
        workers.forEach(({ client }) => client.disconnect());
      }
    }));

  it("leaves keys where they are that are named, in every database", () =>
    withBoth(async (old, group, master) => {
      await old.master.mset({ stays: "1", comes: "1" });
      const third = old.connect();
      await third.select(3);
      await third.mset({ stays: "1", comes: "1" });
      const changed: Partial<Migration> = {
        without: ["stays", "absent"],
        mayClose: async () => {
          await third.set("stays", "2");
          return true;
        },
      };
      const { said } = await carry(old, group, { changed });
      third.disconnect();
      assert.match(said, /key "stays" of database 0 stays at 127[^]*key "stays" of database 3 stays at 127/);
      assert.match(said, /no database has a key "absent" that could be left out/);
      assert.deepEqual(await master.command("KEYS", "*"), ["comes"]);
      assert.match(String(await master.command("INFO", "keyspace")), /db3:keys=1,/);
    }));

  it("lets writes go on, and no client sees an error, when the last step fails", () =>
    withBoth(async (old, group, master) => {
      await old.master.set("key", "value");
      await using writers = new Writers(old, 1);
      const changed: Partial<Migration> = {
        mayClose: async () => {
          await master.command("SET", "somebody", "else");
          return true;
        },
      };
      await assert.rejects(
        carry(old, group, { changed }),
        refused(
          /database 0 has \d+ keys without an end at 127[^]*Nothing was switched: writes at 127.* go on after \d+ ms/,
        ),
      );
      await writers.more(50);
      assert.equal(writers.refused, 0);
    }));

  for (const { state, isEmptied, sentence } of [
    { state: "with all its data", isEmptied: false, sentence: /; start again\. Nothing was switched: / },
    { state: "emptied by that one", isEmptied: true, sentence: /; start again$/ },
  ]) {
    it(`stops when the old master is a replica by the time of the answer, ${state}`, () =>
      withBoth(
        async (old, group) => {
          await old.master.set("key", "value");
          const [was, is] = [old.client(0), old.client(1)];
          const changed: Partial<Migration> = {
            mayClose: async (taken) => {
              assert.equal(await was.wait(1, 5000), 1, "the replica has everything");
              await is.replicaof("NO", "ONE");
              if (isEmptied) {
                await was.set("key", "which the new master never had");
              }
              await was.replicaof("127.0.0.1", old.addresses[1]!.port);
              await waitFor("the old master to follow", async () =>
                (await was.info("replication")).includes("master_link_status:up"),
              );
              if (isEmptied) {
                await new Promise((resolve) => taken.addEventListener("abort", resolve));
              }
              return true;
            },
          };
          const stopped = carry(old, group, { changed });
          await assert.rejects(stopped, refused(/^127\S+ is no master any more: its master is 127\S+; start again/));
          await assert.rejects(stopped, refused(sentence));
          assert.equal(await is.set("key", "again"), "OK");
        },
        // What the old master sends between the two words would have to be emptied away, too.
        { replicas: 1, options: ["--repl-ping-replica-period", "3600"] },
      ));
  }

  it("notices that it cannot have seen all changes: a database emptied, the connection lost", () =>
    withBoth(async (old, group) => {
      for (const [disturb, sentence] of [
        [() => old.master.flushdb(), /a database was emptied .* start again/],
        [() => old.master.call("CLIENT", "KILL", "TYPE", "pubsub"), /told of changes is gone.* start again/],
      ] as const) {
        await old.master.set("key", "value");
        const changed: Partial<Migration> = {
          mayClose: async (taken) => {
            await disturb();
            await new Promise((resolve) => taken.addEventListener("abort", resolve));
            return false;
          },
        };
        await assert.rejects(carry(old, group, { changed }), refused(sentence));
        assert.equal(await old.master.set("key", "again"), "OK");
      }
    }));

  it("brings all from a server that tells neither when a key ends nor how large it is, and has no functions", () =>
    withBoth(
      async (old, group, master) => {
        const end = Date.now() + 600_000;
        await old.master.set("ends", "later", "PXAT", end);
        await old.master.set("stays", "here");
        await old.master.set("gone", "soon", "PX", 300);
        await carry(old, group);
        const brought = Number(await master.command("PEXPIRETIME", "ends"));
        assert.ok(Math.abs(brought - end) < 500, `it ends ${brought - end} ms later than it should`);
        assert.equal(await master.command("PEXPIRETIME", "stays"), -1);
        await waitFor("the last one to end", async () => (await master.command("EXISTS", "gone")) === 0);
      },
      { options: ["PEXPIRETIME", "FUNCTION", "MEMORY"].flatMap((name) => ["--rename-command", name, ""]) },
    ));

  it("opens the old servers again, with what they asked for before", async () => {
    await using old = await PlainServers.start({ replicas: 1, options: ["--min-replicas-to-write", "1"] });
    await withGroup({ settings }, async (group) => {
      await group.up();
      await carry(old, group);
      await assert.rejects(old.master.set("key", 1), /NOREPLICAS/);
      await withServers(old.addresses, { password }, reopen);
      assert.equal(await old.master.set("key", 1), "OK");
      assert.deepEqual(await old.client(1).config("GET", "min-replicas-to-write"), ["min-replicas-to-write", "1"]);
      await withServers(old.addresses, { password }, reopen);
      assert.equal(await old.master.set("key", 2), "OK", "a second time changes nothing");
    });
  });

  it("compares what servers keep in different order, and sees each difference", async () => {
    await using old = await PlainServers.start({ replicas: 0 });
    await using other = await PlainServers.start({ replicas: 0 });
    await fillWithEveryType(old.master);
    const sides = [old, other].map((servers): Side => ({ name: "server", redis: connected(servers) }));
    const [source, target] = sides as [Side, Side];
    try {
      const names = (await old.master.keysBuffer("*")).sort((one, another) => Buffer.compare(one, another));
      for (const name of names) {
        const [payload] = await ask(source, 0, [["DUMP", name]]);
        const [end] = await ask(source, 0, [["PEXPIRETIME", name]]);
        await ask(target, 0, [["RESTORE", name, Math.max(0, Number(end)), payload as Buffer, "ABSTTL"]]);
      }
      // The same members, inserted in another order and into another table.
      await other.master.del("set-large", "hash-large");
      await other.master.sadd("set-large", ...(await old.master.smembers("set-large")).reverse());
      await other.master.hset(
        "hash-large",
        Object.fromEntries(Object.entries(await old.master.hgetall("hash-large")).reverse()),
      );
      assert.deepEqual(await differing(source, target, 0, names), []);

      for (const [key, command, ...args] of [
        ["string", "APPEND", "!"],
        ["ends", "PERSIST"],
        ["stays", "SET", "1"],
        ["list-large", "LSET", 4000, "other"],
        ["set-large", "SREM", "member-7"],
        ["zset-large", "ZADD", 3, "member-7"],
        ["hash-large", "HSET", "field-7", "other"],
        ["stream", "XADD", "4-1", "field", "value"],
        ["stream-empty", "XGROUP", "CREATE", "another", 0],
        ["empty", "DEL"],
      ] as const) {
        const words = command === "XGROUP" ? [args[0], key, ...args.slice(1)] : [key, ...args];
        await other.master.call(command, ...(words as string[]));
        assert.deepEqual(
          (await differing(source, target, 0, [Buffer.from(key)])).map(String),
          [key],
          `${command} ${key} was not seen`,
        );
      }
    } finally {
      sides.forEach(({ redis }) => redis.disconnect());
    }
  });
});

describe("comparing large values in pieces", function () {
  this.timeout(120_000);

  it("finds what was copied the same, and sees each difference", async () => {
    await using old = await PlainServers.start();
    await using other = await PlainServers.start();
    const names = await fillWithLargeValues(old.master);
    const source: Side = { name: "source", redis: connected(old) };
    const target = { name: "target", redis: connected(other), replicas: 0 };
    const keys = names.map((name) => Buffer.from(name));
    try {
      await copyKeys(source, target, 0, keys);
      assert.deepEqual((await other.master.keys("*")).sort(), [...names].sort(), "nothing else is left there");
      assert.deepEqual(await differing(source, target, 0, keys), []);
      for (const name of names) {
        await other.master.copy(name, `${name}-as-it-was`);
      }
      for (const [key, command, ...args] of [
        ["large-string", "SETRANGE", 4_400_000, "!"],
        ["large-string", "APPEND", "!"],
        ["large-list", "LSET", 17_000, "other"],
        ["large-list", "RPUSH", "one more"],
        ["large-set", "SPOP"],
        ["large-set", "SADD", "one more"],
        ["large-zset", "ZINCRBY", 1, "least-of-all"],
        ["large-zset", "ZADD", 3, "most"],
        ["large-hash", "HSET", "field-17000", "other"],
        ["large-hash", "HDEL", "field-17000"],
        ["large-hash", "PERSIST"],
        ["large-stream", "XADD", "99999-1", "field", "value"],
        ["large-stream", "XDEL", "17500-1"],
        ["large-stream", "XACK", "workers", "2999-1"],
        ["large-stream", "XCLAIM", "workers", "another", "0", "2999-1"],
        ["large-stream", "XGROUP CREATE", "more", "$"],
        ["large-stream", "XGROUP SETID", "others", "$"],
      ] as const) {
        const [name, ...sub] = command.split(" ") as [string, ...string[]];
        await other.master.call(name, ...sub, key, ...args);
        assert.deepEqual(
          (await differing(source, target, 0, [Buffer.from(key)])).map(String),
          [key],
          `${command} ${key} was not seen`,
        );
        await other.master.copy(`${key}-as-it-was`, key, "REPLACE");
      }
    } finally {
      source.redis.disconnect();
      target.redis.disconnect();
    }
  });
});

describe("what cannot be carried over gets a sentence", function () {
  this.timeout(60_000);

  for (const { what, rules = [], options = [], sentence } of [
    {
      what: "the channels",
      rules: ["resetchannels"],
      sentence:
        /the user mover at 127.* has no right to the channel __redis__:invalidate, .*ACL SETUSER mover '&__redis__:invalidate'$/,
    },
    {
      what: "a command of the beginning",
      rules: ["-client|tracking"],
      sentence: /has no right to the command CLIENT TRACKING .* ACL SETUSER mover \+client\|tracking$/,
    },
    {
      what: "a command of the end",
      rules: ["-config|set"],
      sentence: /has no right to the command CONFIG SET .* ACL SETUSER mover \+config\|set$/,
    },
    {
      what: "functions",
      rules: ["-function|dump"],
      sentence: /has no right to the command FUNCTION DUMP .* ACL SETUSER mover \+function\|dump$/,
    },
    {
      what: "a command that is renamed",
      options: ["--rename-command", "CLIENT", ""],
      sentence: /127.* has no command CLIENT: it is renamed or taken away there/,
    },
  ] as { what: string; rules?: string[]; options?: string[]; sentence: RegExp }[]) {
    it(`a user without the right to ${what}; no connection stays open, nothing is changed`, () =>
      withBoth(
        async (old, group, master) => {
          await old.master.call("ACL", "SETUSER", "mover", "on", `>${password}`, "~*", "&*", "+@all", ...rules);
          await old.master.set("key", "value");
          const connections = async (): Promise<number> =>
            Number(/connected_clients:(\d+)/.exec(await old.master.info("clients"))?.[1]);
          const before = await connections();
          const login = { user: "mover", password };
          await assert.rejects(carry(old, group, { login }), refused(sentence));
          await waitFor("all connections to be closed", async () => (await connections()) <= before);
          assert.equal(await master.command("EXISTS", "key"), 0);
          assert.equal(await old.master.set("key", "again"), "OK");
        },
        { options },
      ));
  }

  it("an unknown password, an absent server, a replica, servers that do not belong together", async () => {
    await using old = await PlainServers.start({ replicas: 1, password: "another" });
    await using other = await PlainServers.start({ password: "another" });
    const [address, replica] = old.addresses as [PlainServers["addresses"][0], PlainServers["addresses"][0]];
    const login = { password: "another" };
    await assert.rejects(
      findLogin({}, address),
      refused(/wants a password, and not the one of the compose files; .* --password-file FILE/),
    );
    await assert.rejects(
      connectTo(address, { password: "wrong" }),
      refused(/does not accept the password \(WRONGPASS/),
    );
    await assert.rejects(
      connectTo(address, { ...login, user: "bob" }),
      refused(/does not accept the user bob with this password/),
    );
    await assert.rejects(
      connectTo({ host: "127.0.0.1", port: 1 }, login),
      refused(/127.0.0.1:1 cannot be used: connection refused/),
    );
    for (const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", Buffer.from([0x15, 3, 1, 0, 2, 2, 70])]) {
      const stranger = createServer((socket) => socket.on("error", () => undefined).end(answer));
      await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
      const { port } = stranger.address() as AddressInfo;
      try {
        await assert.rejects(
          connectTo({ host: "127.0.0.1", port }, login),
          refused(/cannot be used: it does not speak Redis's protocol, or only within TLS/),
        );
      } finally {
        stranger.close();
      }
    }
    const masterOf = (addresses: PlainServers["addresses"]) =>
      withServers(addresses, login, (servers) => findMaster(addresses, servers));
    await assert.rejects(
      masterOf([replica]),
      refused(new RegExp(`is a replica; its master is 127.0.0.1:${address.port}`)),
    );
    await assert.rejects(masterOf([address, other.addresses[0]!]), refused(/are masters, each of a group of its own/));
    await assert.rejects(masterOf([other.addresses[0]!, replica]), refused(/is a replica of another master/));
    assert.equal((await masterOf([replica, address])).address, address);
  });

  it("a server without a password is used as it is", async () => {
    await using old = await PlainServers.start({ password: "" });
    await old.master.set("key", "value");
    const redis = await connectTo(old.addresses[0]!, await findLogin({}, old.addresses[0]!));
    assert.equal(await redis.get("key"), "value");
    redis.disconnect();
  });

  it("values of a newer version, as the server itself refuses them", async () => {
    await using old = await PlainServers.start();
    const redis = connected(old);
    const side = { name: "redis-master", redis };
    await old.master.set("key", "value");
    const payload = await old.master.dumpBuffer("key");
    // Behind the value: two bytes with the version of the format, eight of a checksum.
    payload.writeUInt16LE(payload.readUInt16LE(payload.length - 10) + 100, payload.length - 10);
    const [reply] = await ask(side, 0, [["RESTORE", "copy", 0, payload]]);
    redis.disconnect();
    assert.throws(
      () => restored({ name: "127.0.0.1:6380", redis }, side, { database: 0, name: Buffer.from("key") }, reply),
      refused(/redis-master cannot read what 127.0.0.1:6380 writes .* older version of Redis; deploy the version/),
    );
  });
});

function connected(servers: PlainServers): Redis {
  return new Redis({ ...servers.addresses[0]!, password, protocol: 2, enableReadyCheck: false, retryStrategy: null });
}

/** Applications that change all kinds of keys all the time, and remember what was acknowledged. */
class Writers implements AsyncDisposable {
  acknowledged = 0;
  /** How many of them were told NOREPLICAS, and ended. */
  refused = 0;
  longestGapMs = 0;
  private readonly counts: number[];
  private readonly stopped = new AbortController();
  private readonly done: Promise<unknown>;

  constructor(servers: PlainServers, count: number) {
    this.counts = Array.from({ length: count }, () => 0);
    this.done = Promise.all(this.counts.map((_, at) => this.write(servers.connect(), at)));
  }

  async more(count: number): Promise<void> {
    const wanted = this.acknowledged + count;
    await waitFor(`${count} more acknowledged writes`, () => this.acknowledged >= wanted);
  }

  /** Numbers of acknowledged writes that a server does not have. */
  async lostAt(node: MemberProcess): Promise<readonly string[]> {
    const found = await Promise.all(
      this.counts.map(async (count, at) => {
        const counter = Number(await node.command("GET", `counter:${at}`));
        return counter === count ? [] : [`writer ${at}: ${count} acknowledged, ${counter} there`];
      }),
    );
    return found.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  private async write(client: Redis, at: number): Promise<void> {
    let last = performance.now();
    try {
      for (let turn = 0; !this.stopped.signal.aborted; turn += 1) {
        await client
          .multi()
          .incr(`counter:${at}`)
          .set(`w:${at}:${turn}`, "x".repeat(100), "PX", turn % 3 === 0 ? 200 : 600_000)
          .rpush(`list:${at}`, turn)
          .del(`w:${at}:${turn - 50}`)
          .zadd("zset-large", turn, `member-${turn % 5000}`)
          .hset("hash-large", `field-${turn % 5000}`, turn)
          .exec();
        this.counts[at] = this.counts[at]! + 1;
        this.acknowledged += 1;
        this.longestGapMs = Math.max(this.longestGapMs, performance.now() - last);
        last = performance.now();
        await sleep(1);
      }
    } catch (error) {
      if (!this.stopped.signal.aborted && !/NOREPLICAS|EXECABORT/.test(String(error))) {
        throw error;
      }
      this.refused += 1;
    } finally {
      client.disconnect();
    }
  }
}
