import { readContents } from "../../ops/migrate/contents";
import { ask, type Key, type Reply } from "../../ops/migrate/side";
import type { Server } from "./where";

/** What a server holds, by key, in a form that two servers with the same data have in common. */
export type Holdings = ReadonlyMap<string, Holding>;

export interface Holding {
  readonly key: Key;
  /** Type, content and end, in lists of texts; times in milliseconds since 1970 are numbers, and nothing else is. */
  readonly content: readonly unknown[];
}

/** Between the same command at two servers passes some time: by so much may relative ends, and deliveries, differ. */
const TOLERANCE_MS = 5000;

/** How many keys are read at once. */
const AT_ONCE = 200;

/** Keys of the checks' own probe (node/probe.sh), which end by themselves. */
const PROBE = Buffer.from("redis-node:probe:").toString("hex");

/** Everything that a server holds: each key of each database, and the functions. */
export async function holdingsOf(server: Server): Promise<Holdings> {
  const sizes = await server.redis.info("keyspace");
  const databases = [...sizes.matchAll(/^db(\d+):/gm)].map(([, database]) => Number(database));
  const holdings = new Map<string, Holding>();
  for (const database of databases) {
    const names = await namesIn(server, database);
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const keys = names.slice(at, at + AT_ONCE).map((name) => ({ database, name }));
      const contents = await Promise.all(keys.map((key) => contentOf(server, key)));
      keys.forEach((key, index) => {
        const content = contents[index]!;
        // It ended while it was read.
        if (content[0] !== "none") {
          holdings.set(`${database}:${key.name.toString("hex")}`, { key, content });
        }
      });
    }
  }
  const [libraries] = await ask(server, 0, [["FUNCTION", "LIST", "WITHCODE"]]);
  const functions = plain(libraries) as readonly unknown[];
  const sorted = functions.map((library) => JSON.stringify(library)).sort();
  return holdings.set("functions", { key: { database: 0, name: Buffer.from("(functions)") }, content: sorted });
}

async function namesIn(server: Server, database: number): Promise<readonly Buffer[]> {
  const names = new Map<string, Buffer>();
  let cursor = "0";
  do {
    const [reply] = await ask(server, database, [["SCAN", cursor, "COUNT", 1000]]);
    const [next, found] = reply as readonly [Buffer, readonly Buffer[]];
    cursor = next.toString();
    found
      .filter((name) => !name.toString("hex").startsWith(PROBE))
      .forEach((name) => names.set(name.toString("hex"), name));
  } while (cursor !== "0");
  return [...names.values()];
}

async function contentOf(server: Server, key: Key): Promise<readonly unknown[]> {
  const { database, name } = key;
  const [type, end] = await ask(server, database, [
    ["TYPE", name],
    ["PEXPIRETIME", name],
  ]);
  const kind = plain(type);
  if (kind === "none") {
    return ["none"];
  }
  const content = (await readContents(server, key)) ?? (await vectorsOf(server, key));
  return [...content, ["ends", end], ...(kind === "stream" ? [await streamOf(server, key)] : [])];
}

/** Beside its entries: all counters, groups, consumers and what is pending, with the time of its delivery. */
async function streamOf(server: Server, { database, name }: Key): Promise<unknown> {
  const [full] = await ask(server, database, [["XINFO", "STREAM", name, "FULL", "COUNT", 0]]);
  return named(full, {
    groups: (groups) =>
      (groups as readonly Reply[]).map((group) =>
        named(group, {
          pel: withTimes(2),
          consumers: (consumers) => (consumers as readonly Reply[]).map((each) => named(each, { pel: withTimes(1) })),
        }),
      ),
  });
}

/**
 * Fields of no content: how the server keeps a stream, times of a client's last look, what follows from others, and the
 * entries, which are read already. What a group has read in number serves the lag alone, and Redis 7.0 does not replicate it.
 */
const LEFT_OUT = [
  "radix-tree-keys",
  "radix-tree-nodes",
  "seen-time",
  "active-time",
  "lag",
  "entries-read",
  "entries",
  "pending",
];

/** A list of names and values, sorted; some of the values are read in ways of their own. */
function named(reply: Reply | undefined, readers: Readonly<Record<string, (value: Reply) => unknown>>): unknown {
  const flat = reply as readonly Reply[];
  const names = flat.filter((_, index) => index % 2 === 0).map((name) => String(plain(name)));
  return names
    .map((name, index) => [name, (readers[name] ?? plain)(flat[2 * index + 1]!)] as const)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Lists that have a time at one place. */
const withTimes =
  (place: number) =>
  (reply: Reply): unknown =>
    (reply as readonly (readonly Reply[])[]).map((entry) =>
      entry.map((item, index) => (index === place ? Number(plain(item)) : plain(item))),
    );

/** All elements of a vector set; how they are linked is a matter of chance. */
async function vectorsOf(server: Server, { database, name }: Key): Promise<readonly unknown[]> {
  const [count, dimension, elements] = await ask(server, database, [
    ["VCARD", name],
    ["VDIM", name],
    ["VRANDMEMBER", name, 100_000],
  ]);
  const sorted = [...(elements as readonly Buffer[])].sort((one, other) => one.compare(other));
  const details = await ask(
    server,
    database,
    sorted.flatMap((element) => [
      ["VEMB", name, element],
      ["VGETATTR", name, element],
    ]),
  );
  return ["vectorset", plain(count), plain(dimension), sorted.map(plain), plain(details)];
}

/** Bytes as texts, numbers too: only times stay numbers. */
function plain(reply: Reply | undefined): unknown {
  return Buffer.isBuffer(reply)
    ? reply.toString("latin1")
    : Array.isArray(reply)
      ? (reply as readonly Reply[]).map(plain)
      : String(reply);
}

/** A key that two servers do not have the same of. */
export interface Difference {
  readonly key: Key;
  /** What a person reads of it. */
  readonly text: string;
}

/** What one server holds otherwise than it should. */
export function differences(wanted: Holdings, found: Holdings): readonly Difference[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((id) => {
    const [should, is] = [wanted.get(id), found.get(id)];
    const key = (should ?? is)!.key;
    if (is === undefined) {
      return { key, text: `is missing; it is to hold ${shown(should?.content)}` };
    }
    if (should === undefined) {
      return { key, text: `should not be there; it holds ${shown(is.content)}` };
    }
    const where = firstDifference(should.content, is.content);
    return where === undefined ? [] : { key, text: where };
  });
}

/** Where two contents first differ, in words; undefined where they do not. */
function firstDifference(should: unknown, is: unknown, path = ""): string | undefined {
  if (typeof should === "number" && typeof is === "number") {
    // -1 is no end at all.
    const bothOrNone = should < 0 === is < 0;
    return bothOrNone && Math.abs(should - is) <= TOLERANCE_MS ? undefined : differing(path, should, is);
  }
  if (Array.isArray(should) && Array.isArray(is)) {
    if (should.length !== is.length) {
      return differing(path, should, is);
    }
    for (const [index, item] of should.entries()) {
      const difference = firstDifference(item, is[index], `${path}[${index}]`);
      if (difference !== undefined) {
        return difference;
      }
    }
    return undefined;
  }
  return should === is ? undefined : differing(path, should, is);
}

const differing = (path: string, should: unknown, is: unknown): string =>
  `holds ${shown(is)} instead of ${shown(should)}${path && ` at ${path}`}`;

const SHOWN_LENGTH = 200;

function shown(content: unknown): string {
  const text = JSON.stringify(content);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}... (${text.length} letters)` : text;
}
