import assert from "node:assert/strict";
import fc from "fast-check";
import { Redis } from "ioredis";
import { describe, it } from "mocha";
import { nextSteps } from "../../ops/commands/migrate";
import { parseAddresses } from "../../ops/migrate/addresses";
import { closedValue, isClosed, openedValue } from "../../ops/migrate/closing";
import { samePayload } from "../../ops/migrate/compare";
import { restored, wholeBytesFor } from "../../ops/migrate/copy";
import { databasesIn } from "../../ops/migrate/facts";
import { lastingIn, whyNot, type SourceFacts, type TargetFacts } from "../../ops/migrate/fits";
import { grouped, portions } from "../../ops/migrate/portions";
import { whyRefused } from "../../ops/migrate/refusal";
import { keyText } from "../../ops/migrate/side";
import { chooseMaster } from "../../ops/migrate/sources";
import { compareIds } from "../../ops/migrate/streamPieces";
import { EXIT, UserError } from "../../config/userError";

const MIB = 1024 * 1024;
const source: SourceFacts = {
  name: "127.0.0.1:6380",
  runId: "a",
  version: "8.0.2",
  mode: "standalone",
  databases: new Map([[0, { keys: 10, expiring: 3 }]]),
  usedMemoryBytes: 2 * MIB,
  minReplicasMaxLag: 10,
  marked: false,
};
const target: TargetFacts = {
  name: "redis-master",
  deployment: "redis",
  runId: "b",
  databases: new Map(),
  databaseCount: 16,
  maxmemoryBytes: 0,
};

describe("what is said once all is carried over", () => {
  const from = "10.0.0.5:6380";
  for (const [options, outputs, back] of [
    [{ stack: "dev" }, "--show-secrets", `--from ${from} --reopen`],
    [{ stack: "prod" }, "prod --show-secrets", `--from ${from} --reopen`],
    [
      { stack: "mg", deployment: "cache", user: "the mover", passwordFile: "-" },
      "mg --deployment cache --show-secrets",
      `--from ${from} --user 'the mover' --password-file - --reopen`,
    ],
  ] as const) {
    it(`names the same deployment and the same login: ${back}`, () => {
      assert.deepEqual(nextSteps({ from, ...options }).split("\n"), [
        `Give the applications the new outputs: npm run outputs -- ${outputs}`,
        `Back, without what is written here from now on: npm run migrate -- ${back}`,
        "",
      ]);
    });
  }
});

describe("whether data can be carried over", () => {
  it("into an empty deployment, or one that an unfinished copy has left", () => {
    assert.deepEqual(whyNot(source, target), []);
    const filled = { ...target, databases: source.databases };
    assert.deepEqual(whyNot(source, { ...filled, unfinishedFrom: source.name }), []);
    assert.match(
      whyNot(source, filled).join(),
      /^redis has 10 keys already, and nothing is mixed or overwritten; .*FLUSHALL/,
    );
  });

  for (const [what, here, there, sentence] of [
    ["into itself", { runId: "b" }, {}, /127\.0\.0\.1:6380 is redis-master itself/],
    ["from a cluster", { mode: "cluster" }, {}, /runs in the mode "cluster"/],
    [
      "from a version that cannot hold writes alone",
      { version: "6.0.16" },
      {},
      /is Redis 6\.0\.16; this needs 6\.2 or newer/,
    ],
    ["from one that cannot be closed", { minReplicasMaxLag: 0 }, {}, /fix: CONFIG SET min-replicas-max-lag 10/],
    ["from a deployment that is being filled itself", { marked: true }, {}, /is itself being filled/],
    [
      "with more databases",
      { databases: new Map([[20, { keys: 1, expiring: 0 }]]) },
      {},
      /only the databases 0 to 15; fix: extraRedisConf \["databases 21"\]/,
    ],
    [
      "with more data than fits",
      {},
      { maxmemoryBytes: MIB },
      /uses 2\.0 MiB, and redis may use 1\.0 MiB; raise the setting maxmemoryMb/,
    ],
  ] as const) {
    it(`not ${what}`, () => {
      const reasons = whyNot({ ...source, ...here }, { ...target, ...there });
      assert.equal(reasons.length, 1, reasons.join());
      assert.match(reasons[0]!, sentence);
    });
  }

  it("takes newer versions, and Valkey's", () => {
    for (const version of ["6.2.0", "7.0.15", "8.0.2", "10.1", "valkey 8.1.1"]) {
      assert.deepEqual(whyNot({ ...source, version }, target), [], version);
    }
  });

  it("says everything at once", () => {
    const reasons = whyNot({ ...source, mode: "cluster", version: "5.0" }, { ...target, databases: source.databases });
    assert.equal(reasons.length, 3);
  });
});

describe("where the data is", () => {
  it("one address or several", () => {
    assert.deepEqual(parseAddresses("localhost:6380, 10.0.0.1:6381,[::1]:6382"), [
      { host: "localhost", port: 6380 },
      { host: "10.0.0.1", port: 6381 },
      { host: "::1", port: 6382 },
    ]);
  });

  for (const [text, sentence] of [
    [undefined, /missing option/],
    [" ", /missing option/],
    ["localhost", /"localhost" is no address/],
    ["redis://localhost:6380", /is no address/],
    ["localhost:0", /is no address/],
    ["localhost:70000", /is no address/],
    ["a:1,", /"" is no address/],
    ["a:1,b:2,a:1", /names a:1 twice/],
  ] as const) {
    it(`not ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseAddresses(text),
        (error: unknown) => error instanceof UserError && error.exitCode === EXIT.usage && sentence.test(error.message),
      );
    });
  }

  it("the master among those named", () => {
    const server = (name: string, info: Record<string, string>) => ({ name, info });
    const master = server("a:1", { role: "master", master_replid: "x" });
    const replica = server("b:2", { role: "slave", master_replid: "x", master_host: "a", master_port: "1" });
    assert.equal(chooseMaster([replica, master]), 1);
    for (const [servers, sentence] of [
      [[replica], /b:2 is a replica; its master is a:1/],
      [[master, server("c:3", { role: "master", master_replid: "y" })], /a:1 and c:3 are masters/],
      [[master, server("c:3", { role: "slave", master_replid: "y" })], /c:3 is a replica of another master than a:1/],
      [[master, server("d:4", { redis_mode: "sentinel" })], /d:4 is a Sentinel/],
    ] as const) {
      assert.throws(() => chooseMaster(servers), sentence);
    }
  });
});

describe("closing for writes", () => {
  it("is undone without a note of what was before", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1000 }), (before) => {
        const closed = closedValue(before);
        assert.ok(isClosed(closed) && !isClosed(before));
        assert.equal(closedValue(closed), closed);
        assert.equal(openedValue(closed), before);
        assert.equal(openedValue(before), before);
      }),
    );
  });
});

describe("portions", () => {
  it("hold everything once, in order, and no more than the limit unless it is one thing", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), fc.integer({ min: 1, max: 30 }), (weights, limit) => {
        const items = weights.map((weight, at) => ({ weight, at }));
        const pieces = portions(items, weights, limit);
        assert.deepEqual(pieces.flat(), items);
        for (const piece of pieces) {
          const weight = piece.reduce((sum, item) => sum + item.weight, 0);
          assert.ok(piece.length > 0 && (weight <= limit || piece.length === 1));
        }
      }),
    );
  });
});

describe("values of two versions", () => {
  it("are compared without the version and the checksum behind them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (one, other) => {
        const [older, newer] = [Buffer.alloc(10, 1), Buffer.alloc(10, 2)];
        const same = Buffer.compare(one, other) === 0;
        assert.ok(samePayload(Buffer.concat([one, older]), Buffer.concat([one, newer])));
        assert.equal(samePayload(Buffer.concat([one, older]), Buffer.concat([other, newer])), same);
      }),
    );
  });

  it("a value that cannot be divided is brought as long as no Sentinel takes its master for down meanwhile", () => {
    const mib = (downAfterMs?: number) => Math.round(wholeBytesFor(downAfterMs) / MIB);
    assert.deepEqual([mib(1000), mib(5000), mib(600_000), mib()], [24, 122, 512, 512]);
  });
});

describe("ids of a stream", () => {
  it("are in the order of their numbers, of which the first counts first", () => {
    const part = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(part, part, part, part, (a, b, c, d) => {
        const expected = a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0;
        assert.equal(compareIds(`${a}-${b}`, `${c}-${d}`), expected);
      }),
    );
  });
});

describe("items by what they have in common", () => {
  it("are all there, each with its own", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 })), (items) => {
        const groups = grouped(items, (item) => item % 3);
        assert.equal(groups.flatMap(([, group]) => group).length, items.length);
        assert.equal(new Set(groups.map(([key]) => key)).size, groups.length);
        assert.ok(groups.every(([key, group]) => group.length > 0 && group.every((item) => item % 3 === key)));
      }),
    );
  });
});

describe("what servers say", () => {
  it("a command that is refused: what is missing there, and how to give it", () => {
    for (const [message, sentence] of [
      [
        "NOPERM this user has no permissions to access one of the channels used as arguments",
        /^the user bob at a:1 has no right to the channel .*; fix there: ACL SETUSER bob '&__redis__:invalidate'$/,
      ],
      ["NOPERM No permissions to access a channel", /'&__redis__:invalidate'$/],
      [
        "NOPERM User bob has no permissions to run the 'config|set' command",
        /^the user bob at a:1 has no right to the command CONFIG SET \(.*ACL SETUSER bob \+config\|set$/,
      ],
      ["NOPERM this user has no permissions to run the 'client' command or its subcommand", /SETUSER bob \+client$/],
      ["NOPERM No permissions to access a key", /has no right to all keys .*ACL SETUSER bob '~\*'$/],
      ["ERR unknown command 'CLIENT', with args beginning with: 'ID'", /^a:1 has no command CLIENT: it is renamed/],
      ["ERR something else", /^a:1 refused CLIENT: ERR something else$/],
    ] as const) {
      assert.match(whyRefused("a:1", "bob", "CLIENT", message), sentence);
    }
    assert.match(whyRefused("a:1", undefined, "CLIENT", "NOPERM No permissions to access a key"), /user default/);
  });

  it("keys of each database, and those that last", () => {
    const databases = databasesIn({ db0: "keys=12,expires=5,avg_ttl=0", db15: "keys=1,expires=0", role: "master" });
    assert.deepEqual([...databases.keys()], [0, 15]);
    assert.deepEqual(
      [lastingIn(databases.get(0)), lastingIn(databases.get(15)), lastingIn(databases.get(3))],
      [7, 1, 0],
    );
  });

  it("a key that was not taken: which one, why, and what to do", () => {
    const redis = new Redis({ lazyConnect: true });
    const [from, to] = ["127.0.0.1:6380", "redis-master"].map((name) => ({ name, redis }));
    const key = { database: 2, name: Buffer.from([0x61, 0xff]) };
    for (const [message, sentence] of [
      [
        "ERR DUMP payload version or checksum are wrong",
        /redis-master cannot read what 127\.0\.0\.1:6380 writes .*older version/,
      ],
      ["ERR Bad data format", /cannot read key "a.*" of database 2: it is of a type/],
      [
        "OOM command not allowed when used memory > 'maxmemory'.",
        /has no room for key .*; raise the setting maxmemoryMb/,
      ],
      ["ERR Protocol error: invalid bulk length", /larger than 512 MiB/],
      ["READONLY You can't write against a read only replica.", /redis-master is not the master any more; start again/],
      ["NOREPLICAS Not enough good replicas to write.", /did not take key .* \(NOREPLICAS/],
    ] as const) {
      assert.throws(
        () => restored(from!, to!, key, new Error(message)),
        (error: unknown) => error instanceof UserError && sentence.test(error.message),
      );
    }
    restored(from!, to!, key, Buffer.from("OK"));
    redis.disconnect();
  });

  it("long names are cut", () => {
    assert.ok(keyText({ database: 0, name: Buffer.alloc(5000, "x") }).length < 100);
  });
});
