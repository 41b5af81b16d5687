import type { Reply } from "./side";

/** Bytes as a text in which each is a letter of its own. */
export const text = (reply: Reply | undefined): string =>
  Buffer.isBuffer(reply) ? reply.toString("latin1") : reply instanceof Error ? reply.message : String(reply);

/** The bytes of such a text. */
export const bytesOf = (value: string | undefined): Buffer => Buffer.from(value ?? "", "latin1");

export const list = (reply: Reply | undefined): readonly Reply[] =>
  Array.isArray(reply) ? (reply as readonly Reply[]) : [];

/** The same lists, with texts in them. */
export const plain = (reply: Reply | undefined): readonly unknown[] =>
  list(reply).map((item) => (Array.isArray(item) ? plain(item as readonly Reply[]) : text(item)));

/** Two by two. */
export function pairs(reply: Reply | undefined): readonly (readonly [Reply, Reply])[] {
  const flat = list(reply);
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);
}

/** Of a list of names and values those that are asked for; empty where a version does not have one. */
export function fieldsNamed(reply: Reply | undefined, names: readonly string[]): readonly string[] {
  const values = new Map(pairs(reply).map(([name, value]) => [text(name), text(value)]));
  return names.map((name) => values.get(name) ?? "");
}
