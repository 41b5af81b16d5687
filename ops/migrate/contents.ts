import { createHash } from "node:crypto";
import { ask, type Command, type Key, type Reply, type Side } from "./side";

/**
 * What a key holds, as a digest that does not depend on how a server keeps it: two servers order the members of a set
 * differently, and two versions write a value in different forms.
 *
 * @returns undefined for a type that is not known here (a module's).
 */
export async function contentsOf(side: Side, key: Key): Promise<string | undefined> {
  const contents = await readContents(side, key);
  return contents && createHash("sha256").update(JSON.stringify(contents)).digest("hex");
}

/**
 * The type and what a key holds, bytes as texts in which each is a letter of its own.
 *
 * @returns undefined for a type that is not known here (a module's).
 */
export async function readContents(side: Side, { database, name }: Key): Promise<readonly unknown[] | undefined> {
  const [type] = await ask(side, database, [["TYPE", name]]);
  const parts = await readers[text(type)]?.((...commands) => ask(side, database, commands), name);
  return parts && [text(type), ...parts];
}

type Asker = (...commands: Command[]) => Promise<readonly Reply[]>;

const readers: Readonly<Record<string, (ask: Asker, name: Buffer) => Promise<readonly unknown[]>>> = {
  string: async (ask, name) => plain(await ask(["GET", name])),
  list: async (ask, name) => plain(await ask(["LRANGE", name, 0, -1])),
  set: async (ask, name) => {
    const [members] = await ask(["SMEMBERS", name]);
    return list(members).map(text).sort();
  },
  zset: async (ask, name) => {
    const [members] = await ask(["ZRANGE", name, 0, -1, "WITHSCORES"]);
    // Versions differ in how many digits of a score they show.
    return pairs(members).map(([member, score]) =>
      [text(member), Number(text(score).replace("inf", "Infinity"))].map(String),
    );
  },
  hash: async (ask, name) => {
    const [all] = await ask(["HGETALL", name]);
    const fields = pairs(all);
    const [ends] = await ask([
      "HPEXPIRETIME",
      name,
      "FIELDS",
      fields.length,
      ...fields.map(([field]) => field as Buffer),
    ]);
    // Before 7.4 no field ends by itself.
    const endOf = (index: number): unknown => (ends instanceof Error ? -1 : (list(ends)[index] ?? -1));
    return fields
      .map(([field, value], index) => [text(field), text(value), endOf(index)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  },
  stream: async (ask, name) => {
    const [entries, info, groups] = await ask(
      ["XRANGE", name, "-", "+"],
      ["XINFO", "STREAM", name],
      ["XINFO", "GROUPS", name],
    );
    const states = list(groups).map((group) => fieldsNamed(group, ["name", "pending", "last-delivered-id"]));
    const details = await Promise.all(
      states.map(async ([group, pending]) => {
        const [open, consumers] = await ask(
          ["XPENDING", name, latin1(group), "-", "+", Math.max(1, Number(pending))],
          ["XINFO", "CONSUMERS", name, latin1(group)],
        );
        return [
          // Without the time since it was delivered, which goes on.
          list(open)
            .map((entry) => list(entry).filter((_, index) => index !== 2))
            .map(plain),
          list(consumers).map((consumer) => fieldsNamed(consumer, ["name", "pending"])),
        ];
      }),
    );
    return [plain(entries), fieldsNamed(info, ["length", "last-generated-id"]), states, details];
  },
};

const latin1 = (value: string | undefined): Buffer => Buffer.from(value ?? "", "latin1");

/** Bytes as a text in which each is a letter of its own. */
const text = (reply: Reply | undefined): string =>
  Buffer.isBuffer(reply) ? reply.toString("latin1") : reply instanceof Error ? reply.message : String(reply);

const list = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? (reply as readonly Reply[]) : []);

/** The same lists, with texts in them. */
const plain = (reply: Reply | undefined): readonly unknown[] =>
  list(reply).map((item) => (Array.isArray(item) ? plain(item as readonly Reply[]) : text(item)));

function pairs(reply: Reply | undefined): readonly (readonly [Reply, Reply])[] {
  const flat = list(reply);
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);
}

/** Of a list of names and values those that every version has. */
function fieldsNamed(reply: Reply | undefined, names: readonly string[]): readonly string[] {
  const values = new Map(pairs(reply).map(([name, value]) => [text(name), text(value)]));
  return names.map((name) => values.get(name) ?? "");
}
