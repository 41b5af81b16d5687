import type { Endpoint } from "../../config/plan";
import type { Command, Reply } from "../../ops/migrate/side";

/** One way to use a write command. */
export interface Operation {
  /** What has to be there first. */
  readonly before?: readonly Command[];
  /** What a blocking command waits for; it comes before the others. */
  readonly feeds?: readonly Command[];
  readonly call: Command;
  /** Asked just before it; its answer is the last argument of `call`. */
  readonly dumped?: Command;
  /** The same effect in words, where the server chose something: which members, which id. */
  readonly chosen?: (reply: Reply) => readonly Command[];
  /** What it took away and others need. */
  readonly after?: readonly Command[];
}

/** Where an operation gets names and values from. */
export interface Draw {
  /** A key that holds this, if it holds anything. */
  key(kind: string): Buffer;
  /** Any bytes, also none. */
  value(): Buffer;
  whole(): number;
  one<T>(...of: readonly T[]): T;
  /** A stream's id after all before it. */
  id(): string;
}

/** What is there beside the server. */
export interface Surroundings {
  /** A server that takes keys by `MIGRATE`. */
  readonly sink: Endpoint;
  /** A database that is not the selected one. */
  readonly elsewhere: number;
  /** Whether the command is to wait, where only an option makes it. */
  readonly waits: boolean;
}

/** Functions that run whatever commands they are given (`FCALL`); the same text runs as a script. */
export const RUN = `
local replies, at = {}, 1
while at <= #ARGV do
  local count, words = tonumber(ARGV[at]), {}
  for word = 1, count do words[word] = ARGV[at + word] end
  at = at + count + 1
  replies[#replies + 1] = redis.pcall(unpack(words))
end
return replies`;
const code = (name: string, body: string) =>
  `#!lua name=${name}\nredis.register_function('${name}', function(KEYS, ARGV) ${body}\nend)`;
export const LIBRARY: Command = ["FUNCTION", "LOAD", "REPLACE", code("run", RUN)];

/** In milliseconds since 1970: later than any test. */
const later = () => Date.now() + 3_600_000;
const PAST = 1000;

type Operations = (draw: Draw, around: Surroundings) => readonly Operation[];

const one = (call: Command, ...before: Command[]): Operation => ({ before, call });

const list: Operations = (d) => [one(["RPUSH", d.key("list"), "a", d.value(), "c"])];
/** A list that is there, and its name. */
const aList = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("list");
  return [key, ["RPUSH", key, "a", d.value(), "b", "a", "c", d.value()]];
};
const aSet = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("set");
  return [key, ["SADD", key, "a", "b", "c", d.value()]];
};
const aZset = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("zset");
  return [key, ["ZADD", key, 1, "a", 2.5, "b", "-inf", "c", 1, d.value()]];
};
/** In a zset the same score for all, as commands by lexical order want it. */
const aLexical = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("lexical");
  return [key, ["ZADD", key, 0, "a", 0, "b", 0, "c", 0, "d"]];
};
const aHash = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("hash");
  return [key, ["HSET", key, "field", d.value(), "other", "1", d.value(), d.value()]];
};
const aString = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("string");
  return [key, ["SET", key, d.value()]];
};
const aNumber = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("number");
  return [key, ["SET", key, d.whole()]];
};
const aPlace = (d: Draw): readonly [Buffer, Command] => {
  const key = d.key("geo");
  return [key, ["GEOADD", key, 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]];
};
/**
 * A vector set with an element that it did not have: Redis 8.0.2 neither keeps nor replicates a `VADD` that only changes
 * one, whoever runs it.
 */
const aVectorSet = (d: Draw): readonly [Buffer, Command, string] => {
  const [key, element] = [d.key("vectors"), `element-${d.id()}`];
  return [key, ["VADD", key, "VALUES", 3, 1, d.whole(), -1, element, "SETATTR", '{"year":2020}'], element];
};
/** A stream with two entries. */
const aStream = (d: Draw): readonly [Buffer, readonly Command[], readonly [string, string]] => {
  const [key, first, second] = [d.key("stream"), d.id(), d.id()];
  const entries: Command[] = [
    ["XADD", key, first, "field", d.value()],
    ["XADD", key, second, "field", "value", "more", d.value()],
  ];
  return [key, entries, [first, second]];
};
/** A stream that has both its entries pending with one consumer. */
const aPending = (d: Draw): readonly [Buffer, readonly Command[], readonly [string, string]] => {
  const [key, entries, ids] = aStream(d);
  const group: Command[] = [
    ["XGROUP", "CREATE", key, "group", "0", "MKSTREAM"],
    ["XREADGROUP", "GROUP", "group", "one", "COUNT", 10, "STREAMS", key, ">"],
    // Those that take over from it. One that XAUTOCLAIM makes by the way, and that gets nothing, servers pass on to nobody.
    ["XGROUP", "CREATECONSUMER", key, "group", "two"],
    ["XGROUP", "CREATECONSUMER", key, "group", "three"],
  ];
  return [key, [...entries, ...group], ids];
};
const field = (d: Draw) => d.one<string | Buffer>("field", "other", d.value());
const side = (d: Draw) => d.one("LEFT", "RIGHT");

/** With a list that it takes from: the blocking ones wait for its items. */
const popping =
  (call: (key: Buffer, draw: Draw) => Command): Operations =>
  (d) => {
    const [key, fill] = aList(d);
    return [{ feeds: [fill], call: call(key, d) }];
  };
const poppingZset =
  (call: (key: Buffer, draw: Draw) => Command): Operations =>
  (d) => {
    const [key, fill] = aZset(d);
    return [{ feeds: [fill], call: call(key, d) }];
  };
const onSets =
  (name: string): Operations =>
  (d) => {
    const [[one1, fill1], [one2, fill2]] = [aSet(d), aSet(d)];
    return [one([name, d.key("set"), one1, one2], fill1, ["SADD", one1, "only"], fill2, ["SADD", one2, "a"])];
  };
const onZsets =
  (name: string, ...more: string[]): Operations =>
  (d) => {
    const [[one1, fill1], [one2, fill2]] = [aZset(d), aZset(d)];
    return [one([name, d.key("zset"), 2, one1, one2, ...more], fill1, ["ZADD", one1, 7, "only"], fill2)];
  };
const onNumber =
  (...words: (string | number)[]): Operations =>
  (d) => {
    const [key, fill] = aNumber(d);
    const [name, ...args] = words as [string, ...string[]];
    return [one([name, key, ...args], fill)];
  };
const expiring =
  (name: string, ends: () => number, ...options: readonly string[]): Operations =>
  (d) => {
    const [[key, fill], [gone, fillGone]] = [d.one(aString, aList, aHash, aZset)(d), aString(d)];
    return [
      one([name, key, ends(), ...options], fill),
      // A time that is over: the key is removed at once.
      one([name, gone, name.endsWith("AT") ? PAST : -1], fillGone),
    ];
  };
const expiringFields =
  (name: string, ends: () => number): Operations =>
  (d) => {
    const [[key, fill], [gone, fillGone]] = [aHash(d), aHash(d)];
    return [
      one([name, key, ends(), "FIELDS", 2, "field", "other"], fill),
      one([name, gone, name.endsWith("AT") ? PAST : 0, "FIELDS", 1, "field"], fillGone),
    ];
  };
/** What removes more than a key of its own. */
const sweeping = ["flushall", "flushdb", "swapdb", "function|flush"];
export const isSweeping = (command: string): boolean => sweeping.includes(command);

/** What a server that is no cluster refuses. */
export const CLUSTER_ONLY: readonly string[] = ["cluster|flushslot"];

/** What refuses no server, and shows in no content: how a value is kept. */
export const WITHOUT_CONTENT: readonly string[] = ["pfdebug"];

/** Every write command of all servers here: how it is used, in the names of `COMMAND LIST`. */
export const operations: Readonly<Record<string, Operations>> = {
  // Strings
  set: (d) => {
    const [key, fill] = aString(d);
    return [
      one(["SET", d.key("string"), d.value()]),
      one(["SET", key, d.value(), "KEEPTTL", "GET"], fill, ["PEXPIREAT", key, later()]),
      one(["SET", d.key("string"), d.value(), "PXAT", later()]),
      one(["SET", d.key("string"), d.value(), "EX", 3600]),
      one(["SET", d.key("string"), ""]),
    ];
  },
  append: (d) => [one(["APPEND", d.key("string"), Buffer.concat([d.value(), Buffer.from("x")])])],
  setex: (d) => [one(["SETEX", d.key("string"), 3600, d.value()])],
  psetex: (d) => [one(["PSETEX", d.key("string"), 3_600_000, d.value()])],
  setnx: (d) => [one(["SETNX", d.key("fresh"), d.value()])],
  setrange: (d) => [one(["SETRANGE", d.key("string"), d.one(0, 3, 70), "range"])],
  getset: (d) => [one(["GETSET", d.key("string"), d.value()])],
  getdel: (d) => {
    const [key, fill] = aString(d);
    return [one(["GETDEL", key], fill)];
  },
  getex: (d) => {
    const [[key, fill], [lasting, fillLasting]] = [aString(d), aString(d)];
    return [
      one(["GETEX", key, "PXAT", later()], fill),
      one(["GETEX", lasting, "PERSIST"], fillLasting, ["PEXPIREAT", lasting, later()]),
    ];
  },
  mset: (d) => [one(["MSET", d.key("string"), d.value(), d.key("string"), d.value()])],
  msetnx: (d) => [one(["MSETNX", d.key("fresh"), d.value(), d.key("fresh"), d.value()])],
  msetex: (d) => [one(["MSETEX", 2, d.key("string"), d.value(), d.key("string"), d.value(), "PXAT", later()])],
  delifeq: (d) => {
    const key = d.key("string");
    return [one(["DELIFEQ", key, "same"], ["SET", key, "same"])];
  },
  incr: onNumber("INCR"),
  incrby: onNumber("INCRBY", 17),
  decr: onNumber("DECR"),
  decrby: onNumber("DECRBY", 5),
  incrbyfloat: (d) => {
    const key = d.key("float");
    return [one(["INCRBYFLOAT", key, "0.1"], ["SET", key, d.whole()])];
  },

  // Bitmaps, HyperLogLogs, places
  setbit: (d) => [one(["SETBIT", d.key("fresh-bits"), d.one(0, 7, 100_000), 1])],
  bitfield: (d) => [
    one([
      "BITFIELD",
      d.key("bits"),
      "SET",
      "u8",
      0,
      200,
      "INCRBY",
      "i16",
      100,
      77,
      "OVERFLOW",
      "SAT",
      "INCRBY",
      "u2",
      8,
      9,
    ]),
  ],
  bitop: (d) => {
    const [[key, fill], [other, fillOther]] = [aString(d), aNumber(d)];
    return [one(["BITOP", d.one("AND", "OR", "XOR"), d.key("bits"), key, other], fill, fillOther)];
  },
  pfadd: (d) => [one(["PFADD", d.key("hyperloglog"), "a", "b", d.value(), d.whole()])],
  pfmerge: (d) => {
    const other = d.key("hyperloglog");
    return [one(["PFMERGE", d.key("hyperloglog"), other], ["PFADD", other, "x", d.value()])];
  },
  pfdebug: (d) => {
    const key = d.key("hyperloglog");
    return [one(["PFDEBUG", "TODENSE", key], ["DEL", key], ["PFADD", key, "x"])];
  },
  geoadd: (d) => [one(["GEOADD", d.key("geo"), 2.352222, 48.856613, "Paris", 13.404954, 52.520008, d.value()])],
  georadius: (d) => {
    const [key, fill] = aPlace(d);
    return [one(["GEORADIUS", key, 15, 37, 200, "km", "STORE", d.key("geo")], fill)];
  },
  georadiusbymember: (d) => {
    const [key, fill] = aPlace(d);
    return [one(["GEORADIUSBYMEMBER", key, "Palermo", 200, "km", "STOREDIST", d.key("zset")], fill)];
  },
  geosearchstore: (d) => {
    const [key, fill] = aPlace(d);
    return [one(["GEOSEARCHSTORE", d.key("geo"), key, "FROMLONLAT", 15, 37, "BYRADIUS", 200, "km"], fill)];
  },

  // Lists
  rpush: list,
  lpush: (d) => [one(["LPUSH", d.key("list"), d.value(), d.value()])],
  rpushx: (d) => {
    const [key, fill] = aList(d);
    return [one(["RPUSHX", key, d.value()], fill)];
  },
  lpushx: (d) => {
    const [key, fill] = aList(d);
    return [one(["LPUSHX", key, d.value()], fill)];
  },
  linsert: (d) => {
    const [key, fill] = aList(d);
    return [one(["LINSERT", key, d.one("BEFORE", "AFTER"), "a", d.value()], fill)];
  },
  lset: (d) => {
    const [key, fill] = aList(d);
    return [one(["LSET", key, d.one(0, -1, 2), d.value()], fill)];
  },
  lrem: (d) => {
    const [key, fill] = aList(d);
    return [one(["LREM", key, d.one(0, 1, -1), "a"], fill)];
  },
  ltrim: (d) => {
    const [key, fill] = aList(d);
    return [one(["LTRIM", key, 1, -2], fill)];
  },
  lpop: popping((key) => ["LPOP", key, 2]),
  rpop: popping((key) => ["RPOP", key]),
  lmpop: popping((key, d) => ["LMPOP", 1, key, side(d), "COUNT", 2]),
  lmove: popping((key, d) => ["LMOVE", key, d.key("list"), side(d), side(d)]),
  rpoplpush: popping((key, d) => ["RPOPLPUSH", key, d.key("list")]),
  blpop: popping((key) => ["BLPOP", key, 5]),
  brpop: popping((key) => ["BRPOP", key, 5]),
  blmpop: popping((key, d) => ["BLMPOP", 5, 1, key, side(d), "COUNT", 2]),
  blmove: popping((key, d) => ["BLMOVE", key, d.key("list"), side(d), side(d), 5]),
  brpoplpush: popping((key, d) => ["BRPOPLPUSH", key, d.key("list"), 5]),

  // Sets
  sadd: (d) => [
    one(["SADD", d.key("set"), d.value(), "a", d.value(), d.whole()]),
    one(["SADD", d.key("set-of-numbers"), 1, 2, d.whole()]),
  ],
  srem: (d) => {
    const [key, fill] = aSet(d);
    return [one(["SREM", key, "a", "b"], fill)];
  },
  smove: (d) => {
    const [key, fill] = aSet(d);
    return [one(["SMOVE", key, d.key("set"), "a"], fill)];
  },
  spop: (d) => {
    const [key, fill] = aSet(d);
    const taken = (reply: Reply): readonly Reply[] => (Array.isArray(reply) ? (reply as Reply[]) : [reply]);
    const chosen = (reply: Reply): Command[] => [["SREM", key, ...(taken(reply) as Buffer[])]];
    return [
      { before: [fill], call: ["SPOP", key, 2], chosen },
      { before: [fill], call: ["SPOP", key], chosen },
    ];
  },
  sinterstore: onSets("SINTERSTORE"),
  sunionstore: onSets("SUNIONSTORE"),
  sdiffstore: onSets("SDIFFSTORE"),

  // Sorted sets
  zadd: (d) => [
    one(["ZADD", d.key("zset"), d.whole(), "a", "+inf", d.value(), 0.1, "c"]),
    one(["ZADD", d.key("zset"), "INCR", 1.5, "fresh"]),
  ],
  zincrby: (d) => {
    const [key, fill] = aZset(d);
    return [one(["ZINCRBY", key, d.one(0.1, -3), "b"], fill)];
  },
  zrem: (d) => {
    const [key, fill] = aZset(d);
    return [one(["ZREM", key, "a", "none"], fill)];
  },
  zpopmin: poppingZset((key) => ["ZPOPMIN", key, 2]),
  zpopmax: poppingZset((key) => ["ZPOPMAX", key]),
  zmpop: poppingZset((key, d) => ["ZMPOP", 1, key, d.one("MIN", "MAX"), "COUNT", 2]),
  bzpopmin: poppingZset((key) => ["BZPOPMIN", key, 5]),
  bzpopmax: poppingZset((key) => ["BZPOPMAX", key, 5]),
  bzmpop: poppingZset((key, d) => ["BZMPOP", 5, 1, key, d.one("MIN", "MAX"), "COUNT", 2]),
  zinterstore: onZsets("ZINTERSTORE", "WEIGHTS", "2", "3"),
  zunionstore: onZsets("ZUNIONSTORE", "AGGREGATE", "MAX"),
  zdiffstore: onZsets("ZDIFFSTORE"),
  zrangestore: (d) => {
    const [key, fill] = aZset(d);
    return [one(["ZRANGESTORE", d.key("zset"), key, 0, 1], fill)];
  },
  zremrangebyrank: (d) => {
    const [key, fill] = aZset(d);
    return [one(["ZREMRANGEBYRANK", key, 0, 1], fill)];
  },
  zremrangebyscore: (d) => {
    const [key, fill] = aZset(d);
    return [one(["ZREMRANGEBYSCORE", key, "-inf", 2], fill)];
  },
  zremrangebylex: (d) => {
    const [key, fill] = aLexical(d);
    return [one(["ZREMRANGEBYLEX", key, "[b", "(d"], fill)];
  },

  // Hashes
  hset: (d) => [one(["HSET", d.key("hash"), field(d), d.value(), "more", d.whole()])],
  hmset: (d) => [one(["HMSET", d.key("hash"), field(d), d.value(), "again", d.whole()])],
  hsetnx: (d) => [one(["HSETNX", d.key("fresh"), "field", d.value()])],
  hdel: (d) => {
    const [key, fill] = aHash(d);
    return [one(["HDEL", key, "field", "none"], fill)];
  },
  hincrby: (d) => {
    const key = d.key("hash");
    return [one(["HINCRBY", key, "number", 12], ["HSET", key, "number", d.whole()])];
  },
  hincrbyfloat: (d) => {
    const key = d.key("hash");
    return [one(["HINCRBYFLOAT", key, "float", "0.3"], ["HSET", key, "float", 1])];
  },
  hexpire: expiringFields("HEXPIRE", () => 3600),
  hpexpire: expiringFields("HPEXPIRE", () => 3_600_000),
  hexpireat: expiringFields("HEXPIREAT", () => Math.floor(later() / 1000)),
  hpexpireat: expiringFields("HPEXPIREAT", later),
  hpersist: (d) => {
    const [key, fill] = aHash(d);
    return [one(["HPERSIST", key, "FIELDS", 1, "field"], fill, ["HPEXPIREAT", key, later(), "FIELDS", 1, "field"])];
  },
  hgetex: (d) => {
    const [key, fill] = aHash(d);
    return [one(["HGETEX", key, "PXAT", later(), "FIELDS", 2, "field", "other"], fill)];
  },
  hgetdel: (d) => {
    const [key, fill] = aHash(d);
    return [one(["HGETDEL", key, "FIELDS", 1, "field"], fill)];
  },
  hsetex: (d) => [one(["HSETEX", d.key("hash"), "PXAT", later(), "FIELDS", 2, "field", d.value(), "timed", d.value()])],

  // Streams
  xadd: (d) => {
    const [[key, entries], byTime, value] = [aStream(d), d.key("stream-by-time"), d.value()];
    return [
      one(["XADD", d.key("stream"), d.id(), "field", d.value(), d.value(), ""]),
      one(["XADD", key, "MAXLEN", "=", 1, d.id(), "field", d.value()], ...entries),
      {
        call: ["XADD", byTime, "*", "field", value],
        chosen: (reply) => [["XADD", byTime, reply as Buffer, "field", value]],
      },
    ];
  },
  xdel: (d) => {
    const [key, entries, [, second]] = aStream(d);
    return [one(["XDEL", key, second], ...entries)];
  },
  xtrim: (d) => {
    const [key, entries, [, second]] = aStream(d);
    return [one(["XTRIM", key, ...d.one(["MAXLEN", "=", 1], ["MINID", "=", second])], ...entries)];
  },
  xsetid: (d) => {
    const [key, entries] = aStream(d);
    return [one(["XSETID", key, d.id(), "ENTRIESADDED", 100, "MAXDELETEDID", "0-0"], ...entries)];
  },
  "xgroup|create": (d) => {
    const [key, entries, [first]] = aStream(d);
    return [
      one(["XGROUP", "CREATE", key, `group-${first}`, first, "ENTRIESREAD", 1], ...entries),
      one(["XGROUP", "CREATE", d.key("stream-empty"), `group-${d.id()}`, "$", "MKSTREAM"]),
    ];
  },
  "xgroup|createconsumer": (d) => {
    const [key, pending, [first]] = aPending(d);
    return [one(["XGROUP", "CREATECONSUMER", key, "group", `consumer-${first}`], ...pending)];
  },
  "xgroup|delconsumer": (d) => {
    const [key, pending] = aPending(d);
    return [one(["XGROUP", "DELCONSUMER", key, "group", "one"], ...pending)];
  },
  "xgroup|destroy": (d) => {
    const [key, pending] = aPending(d);
    return [one(["XGROUP", "DESTROY", key, "group"], ...pending)];
  },
  "xgroup|setid": (d) => {
    const [key, pending, [first]] = aPending(d);
    return [one(["XGROUP", "SETID", key, "group", first, "ENTRIESREAD", 1], ...pending)];
  },
  xreadgroup: (d, { waits }) =>
    [[], ["NOACK"]].map((options) => {
      const [key, entries] = aStream(d);
      return {
        before: [["XGROUP", "CREATE", key, "group", "$", "MKSTREAM"]],
        feeds: entries,
        call: [
          "XREADGROUP",
          "GROUP",
          "group",
          "one",
          "COUNT",
          1,
          ...(waits ? ["BLOCK", 5000] : []),
          ...options,
          "STREAMS",
          key,
          ">",
        ],
      };
    }),
  xack: (d) => {
    const [key, pending, [first]] = aPending(d);
    return [one(["XACK", key, "group", first], ...pending)];
  },
  xclaim: (d) => {
    const [[key, pending, ids], [other, otherPending, [first]]] = [aPending(d), aPending(d)];
    return [
      one(["XCLAIM", key, "group", "two", 0, ...ids, "RETRYCOUNT", 7], ...pending),
      one(["XCLAIM", other, "group", "three", 0, first, "JUSTID"], ...otherPending),
    ];
  },
  xautoclaim: (d) => {
    const [key, pending, [first]] = aPending(d);
    return [one(["XAUTOCLAIM", key, "group", "two", 0, "0", "COUNT", 10], ...pending, ["XDEL", key, first])];
  },

  // Vector sets
  vadd: (d) => {
    const [key, fill] = aVectorSet(d);
    return [one(fill), one(["VADD", key, "VALUES", 3, d.whole(), 2, 3, `${d.id()}\0\xff`], fill)];
  },
  vrem: (d) => {
    const [key, fill, element] = aVectorSet(d);
    return [one(["VREM", key, element], fill, ["VADD", key, "VALUES", 3, 1, 2, 3, `stays-${d.id()}`])];
  },
  vsetattr: (d) => {
    const [key, fill, element] = aVectorSet(d);
    return [one(["VSETATTR", key, element, `{"year":${d.whole()}}`], fill)];
  },

  // Keys of any type
  del: (d) => {
    const [[key, fill], [other, fillOther]] = [aString(d), aHash(d)];
    return [one(["DEL", key, other], fill, fillOther)];
  },
  unlink: (d) => {
    const [key, fill] = aZset(d);
    return [one(["UNLINK", key], fill)];
  },
  copy: (d, { elsewhere }) => {
    const [key, fill] = aList(d);
    const [value, fillValue] = aString(d);
    return [
      one(["COPY", key, d.key("list"), "REPLACE"], fill, ["RPUSH", key, "more"]),
      one(["COPY", value, value, "DB", elsewhere, "REPLACE"], fillValue),
    ];
  },
  move: (d, { elsewhere }) => {
    const key = d.key("fresh");
    return [one(["MOVE", key, elsewhere], ["SET", key, d.value()])];
  },
  rename: (d) => {
    const [key, fill] = aHash(d);
    return [one(["RENAME", key, d.key("hash-renamed")], fill)];
  },
  renamenx: (d) => {
    const [key, fill] = aSet(d);
    return [one(["RENAMENX", key, d.key("fresh")], fill)];
  },
  persist: (d) => {
    const [key, fill] = aString(d);
    return [one(["PERSIST", key], fill, ["PEXPIREAT", key, later()])];
  },
  expire: expiring("EXPIRE", () => 3600),
  pexpire: expiring("PEXPIRE", () => 3_600_000),
  expireat: expiring("EXPIREAT", () => Math.floor(later() / 1000)),
  pexpireat: expiring("PEXPIREAT", later),
  sort: (d) => {
    const [key, fill] = aList(d);
    return [one(["SORT", key, "ALPHA", "STORE", d.key("list")], fill)];
  },
  restore: (d) => {
    const [key, fill] = d.one(aList, aZset, aHash, aString)(d);
    return [
      { before: [fill], dumped: ["DUMP", key], call: ["RESTORE", d.key("restored"), 0, "", "REPLACE"] },
      { before: [fill], dumped: ["DUMP", key], call: ["RESTORE", d.key("restored"), later(), "", "ABSTTL", "REPLACE"] },
    ];
  },
  "restore-asking": (d) => {
    const [key, fill] = aSet(d);
    return [{ before: [fill], dumped: ["DUMP", key], call: ["RESTORE-ASKING", d.key("restored"), 0, "", "REPLACE"] }];
  },
  migrate: (d, { sink: { host, port } }) => {
    const [key, fill] = aString(d);
    return [one(["MIGRATE", host, port, "", 0, 5000, "REPLACE", "KEYS", key], fill)];
  },
  flushdb: (d) => [
    one(["FLUSHDB"], ["SET", d.key("fresh"), "x"]),
    one(["FLUSHDB", "ASYNC"], ["SET", d.key("fresh"), "x"]),
  ],
  flushall: (d) => [one(["FLUSHALL"], ["SET", d.key("fresh"), "x"])],
  swapdb: (d, { elsewhere }) => [one(["SWAPDB", 0, elsewhere], ["SET", d.key("fresh"), d.value()])],

  // Functions
  "function|load": (d) => [
    one(["FUNCTION", "LOAD", "REPLACE", code(`loaded_${d.id().replace("-", "_")}`, "return 1")]),
  ],
  "function|delete": (d) => {
    const name = `deleted_${d.id().replace("-", "_")}`;
    return [one(["FUNCTION", "DELETE", name], ["FUNCTION", "LOAD", "REPLACE", code(name, "return 2")])];
  },
  "function|restore": () => [{ dumped: ["FUNCTION", "DUMP"], call: ["FUNCTION", "RESTORE", "", "REPLACE"] }],
  "function|flush": () => [{ call: ["FUNCTION", "FLUSH"], after: [LIBRARY] }],

  "cluster|flushslot": () => [one(["CLUSTER", "FLUSHSLOT", 1])],
};
