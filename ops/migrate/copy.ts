import { UserError } from "../../config/userError";
import { bytesText } from "../units";
import { portions } from "./portions";
import { ask, keyText, type Command, type Key, type Reply, type Side } from "./side";

/** Keys whose sizes are asked for at once. */
const KEYS_AT_ONCE = 500;
/** Values that are in memory here at once, as far as they can be divided: 8 MiB. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
/** What is assumed where a server does not tell a key's size. */
const UNKNOWN_BYTES = 64 * 1024;
/** A value that is larger than this cannot be sent to any Redis that has the default settings. */
const LARGEST_BYTES = 512 * 1024 * 1024;
/** How long the replicas may take for a portion; when they need longer, the next portion is sent all the same. */
const PACE_MS = 1000;

/** A value, in the form that DUMP gives it, and when it ends. */
export interface Copied {
  /** Null when there is no such key. */
  readonly payload: Buffer | null;
  /** Milliseconds since 1970; -1: never. */
  readonly expiresAt: number;
}

/** A new deployment, and how many replicas are to keep pace with its master. */
export interface Target extends Side {
  readonly replicas: number;
}

/**
 * Brings keys as they are now: copied, or removed where they are gone.
 *
 * @returns the bytes that were carried.
 */
export async function copyKeys(
  source: Side,
  target: Target,
  database: number,
  names: readonly Buffer[],
): Promise<number> {
  let bytes = 0;
  for await (const { present, gone, values } of oneAhead(readKeys(source, database, names))) {
    const restores = values.flatMap(({ payload, expiresAt }, at): readonly Command[] => {
      const name = present[at]!;
      return payload === null
        ? [["DEL", name]]
        : expiresAt === -1
          ? [["RESTORE", name, 0, payload, "REPLACE"]]
          : [["RESTORE", name, expiresAt, payload, "REPLACE", "ABSTTL"]];
    });
    const replies = await ask(target, database, [
      ...restores,
      ...(gone.length === 0 ? [] : [["DEL", ...gone] as const]),
      // A master that is filled faster than its replicas read would drop them.
      ...(target.replicas === 0 ? [] : [["WAIT", target.replicas, PACE_MS] as const]),
    ]);
    replies.forEach((reply, at) => {
      restored(source, target, { database, name: present[at] ?? gone[0] ?? Buffer.alloc(0) }, reply);
    });
    bytes += values.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
  }
  return bytes;
}

interface Portion {
  readonly present: readonly Buffer[];
  /** Of each that is present. */
  readonly values: readonly Copied[];
  readonly gone: readonly Buffer[];
}

async function* readKeys(source: Side, database: number, names: readonly Buffer[]): AsyncGenerator<Portion> {
  for await (const { present, gone } of inPortions(source, database, names)) {
    yield { present, gone, values: await valuesOf(source, database, present) };
  }
}

/** Fetches each item while the one before is worked on. */
async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  for (;;) {
    const { done, value } = (await next) as IteratorResult<T, undefined>;
    if (done) {
      return;
    }
    next = items.next();
    // It is met in the next turn, if there is one.
    next.catch(() => undefined);
    yield value;
  }
}

/** Names in portions whose values fit into memory here; a single large value is a portion of its own. */
export async function* inPortions(
  source: Side,
  database: number,
  names: readonly Buffer[],
): AsyncGenerator<Pick<Portion, "present" | "gone">> {
  for (let at = 0; at < names.length; at += KEYS_AT_ONCE) {
    const some = names.slice(at, at + KEYS_AT_ONCE);
    const sizes = await ask(
      source,
      database,
      some.map((name) => ["MEMORY", "USAGE", name]),
    );
    const isPresent = (_: Buffer, index: number): boolean => sizes[index] !== null;
    const present = some.filter(isPresent);
    const gone = some.filter((name, index) => !isPresent(name, index));
    const weights = sizes
      .filter((size) => size !== null)
      .map((size) => (typeof size === "number" ? size : UNKNOWN_BYTES));
    const pieces = portions(present, weights, BYTES_AT_ONCE);
    if (gone.length > 0) {
      yield { present: pieces[0] ?? [], gone };
    }
    yield* pieces.slice(gone.length > 0 ? 1 : 0).map((piece) => ({ present: piece, gone: [] }));
  }
}

/** What keys hold at this moment. */
export async function valuesOf(side: Side, database: number, names: readonly Buffer[]): Promise<readonly Copied[]> {
  const replies = await ask(
    side,
    database,
    names.flatMap((name) => [
      ["DUMP", name],
      ["PEXPIRETIME", name],
    ]),
  );
  const now = Date.now();
  const remaining = replies.some((reply) => reply instanceof Error && /unknown command/i.test(reply.message))
    ? // Before 7.0 a server tells only how long a key has left.
      await ask(
        side,
        database,
        names.map((name) => ["PTTL", name]),
      )
    : undefined;
  return names.map((name, index) => {
    const payload = replies[2 * index];
    const left = remaining?.[index];
    const end = typeof left === "number" && left >= 0 ? now + left : (left ?? replies[2 * index + 1]);
    if (payload instanceof Error || typeof end !== "number") {
      const reason = payload instanceof Error ? payload.message : String(end);
      throw new UserError(`${side.name}: ${keyText({ name, database })} cannot be read (${reason})`);
    }
    // It may have ended between the two questions.
    const isThere = Buffer.isBuffer(payload) && end !== -2;
    return { payload: isThere ? payload : null, expiresAt: isThere ? end : -1 };
  });
}

/** @throws UserError when the target did not take a key, with the reason as far as it can be told. */
export function restored(source: Side, target: Side, key: Key, reply: Reply | undefined): void {
  if (!(reply instanceof Error)) {
    return;
  }
  const { message } = reply;
  const what = keyText(key);
  if (message.includes("payload version or checksum")) {
    throw new UserError(
      `${target.name} cannot read what ${source.name} writes (${what}): it is an older version of Redis; deploy the version of ${source.name} or a newer one (setting image)`,
    );
  }
  if (message.includes("Bad data format")) {
    throw new UserError(
      `${target.name} cannot read ${what}: it is of a type that it does not know (a module's?), or of another version of Redis`,
    );
  }
  if (message.startsWith("OOM")) {
    throw new UserError(`${target.name} has no room for ${what}; raise the setting maxmemoryMb`);
  }
  if (/invalid bulk length/i.test(message)) {
    throw new UserError(`${what} is larger than ${bytesText(LARGEST_BYTES)}, and cannot be carried over in one piece`);
  }
  if (message.startsWith("READONLY")) {
    throw new UserError(`${target.name} is not the master any more; start again`);
  }
  throw new UserError(`${target.name} did not take ${what} (${message})`);
}
