import { createHash } from "node:crypto";
import { scoreOf, type Asker } from "./pieces";
import { bytesOf, fieldsNamed, list, pairs, plain, text } from "./replies";
import { ask, type Key, type Side } from "./side";

/**
 * What a key holds, as a digest that does not depend on how a server keeps it: two servers order the members of a set
 * differently, and two versions write a value in different forms.
 *
 * @param type as TYPE tells it.
 * @returns undefined for a type that is not known here (a module's).
 */
export async function contentsOf(side: Side, key: Key, type: string): Promise<string | undefined> {
  const contents = await read(side, key, type);
  return contents && createHash("sha256").update(JSON.stringify(contents)).digest("hex");
}

/**
 * The type and what a key holds, bytes as texts in which each is a letter of its own.
 *
 * @returns undefined for a type that is not known here (a module's).
 */
export async function readContents(side: Side, key: Key): Promise<readonly unknown[] | undefined> {
  const [type] = await ask(side, key.database, [["TYPE", key.name]]);
  return read(side, key, text(type));
}

async function read(side: Side, { database, name }: Key, type: string): Promise<readonly unknown[] | undefined> {
  const parts = await readers[type]?.((...commands) => ask(side, database, commands), name);
  return parts && [type, ...parts];
}

/** Elements of a vector set that are asked for at once. */
const VECTORS_AT_ONCE = 500;

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
    return pairs(members).map(([member, score]) => [text(member), scoreOf(score)].map(String));
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
          ["XPENDING", name, bytesOf(group), "-", "+", Math.max(1, Number(pending))],
          ["XINFO", "CONSUMERS", name, bytesOf(group)],
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
  // Without the graph between the elements, which a server that reads them builds in an order of its own.
  vectorset: async (ask, name) => {
    const [info, size] = await ask(["VINFO", name], ["VCARD", name]);
    const [members] = await ask(["VRANDMEMBER", name, Math.max(1, Number(size))]);
    const elements = [...new Set(list(members).map(text))].sort();
    const parts: unknown[] = [];
    for (let at = 0; at < elements.length; at += VECTORS_AT_ONCE) {
      const some = elements.slice(at, at + VECTORS_AT_ONCE);
      const replies = await ask(
        ...some.flatMap((element) => [
          ["VEMB", name, bytesOf(element), "RAW"] as const,
          ["VGETATTR", name, bytesOf(element)] as const,
        ]),
      );
      parts.push(...some.map((element, index) => [element, plain(replies[2 * index]), text(replies[2 * index + 1])]));
    }
    return [fieldsNamed(info, ["quant-type", "vector-dim", "projection-input-dim", "size", "hnsw-m"]), parts];
  },
};
