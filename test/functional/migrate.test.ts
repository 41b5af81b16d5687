import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { DeploymentOverrides } from "../../config/schema";
import { nodeClient } from "../../checks/connections";
import { ask, type Side } from "../../ops/migrate/side";
import { differing } from "../../ops/migrate/compare";
import { restored } from "../../ops/migrate/copy";
import { reopen } from "../../ops/migrate/cutOver";
import { connectTo, findLogin } from "../../ops/migrate/login";
import { MARKER } from "../../ops/migrate/marker";
import { migrate, type Migrated, type Migration } from "../../ops/migrate/migration";
import { findMaster, withServers } from "../../ops/migrate/sources";
import { UserError } from "../../config/userError";
import { buildContract } from "../../outputs/buildContract";
import { fillWithEveryType } from "../support/everyType";
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
  }: { changed?: Partial<Migration>; addresses?: PlainServers["addresses"] } = {},
): Promise<{ done: Migrated | undefined; said: string }> {
  const said: string[] = [];
  const master = await group.settled();
  const contract = buildContract(group.plan, group.secrets);
  const member = contract.nodes.find(({ name }) => name === master.name)!;
  const redis = nodeClient(contract, member, { protocol: 2, commandTimeout: 10_000 });
  try {
    const done = await withServers(addresses, { password }, async (servers) =>
      migrate({
        sources: await findMaster(addresses, servers),
        login: { password },
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

/** The old group and an empty new one. */
async function withBoth(
  body: (old: PlainServers, group: Group, master: MemberProcess) => Promise<void>,
  options: Parameters<typeof PlainServers.start>[0] = {},
): Promise<void> {
  await using old = await PlainServers.start({
    ...options,
    options: ["--enable-debug-command", "yes", ...(options.options ?? [])],
  });
  await withGroup({ settings }, async (group) => body(old, group, await group.up()));
}

const refused = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError, String(error));
  assert.match(error.message, sentence);
  return true;
};

describe("carrying data over", function () {
  this.timeout(60_000);

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

describe("what cannot be carried over gets a sentence", function () {
  this.timeout(60_000);

  it("an unknown password, an absent server, a replica, servers that do not belong together", async () => {
    await using old = await PlainServers.start({ replicas: 1, password: "another" });
    await using other = await PlainServers.start({ password: "another" });
    const [address, replica] = old.addresses as [PlainServers["addresses"][0], PlainServers["addresses"][0]];
    const login = { password: "another" };
    await assert.rejects(
      findLogin({}, address),
      refused(/does not accept the password of the compose files; .* --password-file FILE/),
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
