import { UserError } from "../../config/userError";
import { lengthCommand, type Divisible } from "./pieces";
import { portions } from "./portions";
import { text } from "./replies";
import { ask, keyText, type Key, type Reply, type Side } from "./side";

/** Keys whose sizes are asked for at once. */
const KEYS_AT_ONCE = 500;
/** Values that are in memory here at once: 8 MiB. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
/** A value that is larger is brought in pieces, if its type can be divided. */
const LARGE_BYTES = 4 * 1024 * 1024;
/** What is assumed where a server does not tell a key's size: for all of it, or for each item of it. */
const UNKNOWN_BYTES = 64 * 1024;
const UNKNOWN_ITEM_BYTES = 64;
/** A value, in the form that DUMP gives it, and when it ends. */
export interface Copied {
  /** Null when there is no such key. */
  readonly payload: Buffer | null;
  /** Milliseconds since 1970; -1: never. */
  readonly expiresAt: number;
  /** As TYPE tells it. */
  readonly type: string;
}

/** A value that is too large to be read or written at once without harm. */
export interface Large extends Divisible {
  readonly key: Key;
}

/** Keys that are looked at together. */
export interface Portion {
  readonly present: readonly Buffer[];
  readonly gone: readonly Buffer[];
  /** The only one that is present, if it is large. */
  readonly large?: Large;
}

/** Names in portions whose values fit into memory here; a single large value is a portion of its own. */
export async function* inPortions(source: Side, database: number, names: readonly Buffer[]): AsyncGenerator<Portion> {
  for (let at = 0; at < names.length; at += KEYS_AT_ONCE) {
    const some = names.slice(at, at + KEYS_AT_ONCE);
    const sizes = await sizesOf(source, database, some);
    const gone = some.filter((_, index) => sizes[index] === null);
    const weighed = some.flatMap((name, index) => {
      const bytes = sizes[index];
      return bytes === null || bytes === undefined ? [] : [{ name, bytes }];
    });
    const small = weighed.filter(({ bytes }) => bytes <= LARGE_BYTES);
    const pieces = portions(
      small.map(({ name }) => name),
      small.map(({ bytes }) => bytes),
      BYTES_AT_ONCE,
    );
    if (gone.length > 0) {
      yield { present: pieces[0] ?? [], gone };
    }
    yield* pieces.slice(gone.length > 0 ? 1 : 0).map((piece) => ({ present: piece, gone: [] }));
    for (const { name, bytes } of weighed.filter((each) => each.bytes > LARGE_BYTES)) {
      const [type] = await ask(source, database, [["TYPE", name]]);
      yield { present: [name], gone: [], large: { key: { database, name }, bytes, type: text(type) } };
    }
  }
}

/** How much memory values take, in bytes; null where there is none of that name. */
async function sizesOf(side: Side, database: number, names: readonly Buffer[]): Promise<readonly (number | null)[]> {
  const sizes = await ask(
    side,
    database,
    names.map((name) => ["MEMORY", "USAGE", name]),
  );
  if (!sizes.some((size) => size instanceof Error)) {
    return sizes as readonly (number | null)[];
  }
  // A server that does not tell it tells at least how many items there are.
  const types = await ask(
    side,
    database,
    names.map((name) => ["TYPE", name]),
  );
  const lengths = await ask(
    side,
    database,
    names.map((name, at) => [lengthCommand(text(types[at])) ?? "EXISTS", name]),
  );
  return names.map((_, at) => {
    const [type, length] = [text(types[at]), lengths[at]];
    if (type === "none") {
      return null;
    }
    return lengthCommand(type) === undefined || typeof length !== "number"
      ? UNKNOWN_BYTES
      : length * (type === "string" ? 1 : UNKNOWN_ITEM_BYTES);
  });
}

/** What keys hold at this moment. */
export async function valuesOf(side: Side, database: number, names: readonly Buffer[]): Promise<readonly Copied[]> {
  const [payloads, ends, types] = await Promise.all([
    ask(
      side,
      database,
      names.map((name) => ["DUMP", name]),
    ),
    endsOf(side, database, names),
    ask(
      side,
      database,
      names.map((name) => ["TYPE", name]),
    ),
  ]);
  return names.map((name, index) => {
    const [payload, end] = [payloads[index], ends[index]];
    if (payload instanceof Error) {
      throw new UserError(`${side.name}: ${keyText({ name, database })} cannot be read (${payload.message})`);
    }
    // It may have ended between the two questions.
    const isThere = Buffer.isBuffer(payload) && end !== undefined;
    return { payload: isThere ? payload : null, expiresAt: isThere ? end : -1, type: text(types[index]) };
  });
}

/** When keys end, in milliseconds since 1970; -1: never; undefined where there is none of that name. */
export async function endsOf(
  side: Side,
  database: number,
  names: readonly Buffer[],
): Promise<readonly (number | undefined)[]> {
  const asked = (command: string): Promise<readonly Reply[]> =>
    ask(
      side,
      database,
      names.map((name) => [command, name]),
    );
  const ends = await asked("PEXPIRETIME");
  const isKnown = !ends.some((end) => end instanceof Error && /unknown command/i.test(end.message));
  const now = Date.now();
  // Before 7.0 a server tells only how long a key has left.
  return (isKnown ? ends : await asked("PTTL")).map((end, at) => {
    if (typeof end !== "number") {
      throw new UserError(`${side.name}: ${keyText({ name: names[at]!, database })} cannot be read (${text(end)})`);
    }
    return end === -2 ? undefined : end < 0 || isKnown ? end : now + end;
  });
}
