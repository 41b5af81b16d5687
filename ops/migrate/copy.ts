import { UserError } from "../userError";
import { bytesText } from "../units";
import { portions } from "./portions";
import { ask, keyText, type Key, type Reply, type Side } from "./side";

/** Keys whose sizes are asked for at once. */
const KEYS_AT_ONCE = 500;
/** Values that are in memory here at once, as far as they can be divided: 8 MiB. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
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
  for (const portion of await inPortions(source, database, names)) {
    const values = await valuesOf(source, database, portion);
    const replies = await ask(
      target,
      database,
      values.map(({ payload, expiresAt }, at) =>
        payload === null
          ? ["DEL", portion[at]!]
          : expiresAt === -1
            ? ["RESTORE", portion[at]!, 0, payload, "REPLACE"]
            : ["RESTORE", portion[at]!, expiresAt, payload, "REPLACE", "ABSTTL"],
      ),
    );
    replies.forEach((reply, at) => restored(source, target, { database, name: portion[at]! }, reply));
    bytes += values.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
    await keepPace(target);
  }
  return bytes;
}

/** Names in portions whose values fit into memory here; a single large value is a portion of its own. */
export async function inPortions(
  source: Side,
  database: number,
  names: readonly Buffer[],
): Promise<readonly (readonly Buffer[])[]> {
  const all: (readonly Buffer[])[] = [];
  for (let at = 0; at < names.length; at += KEYS_AT_ONCE) {
    const some = names.slice(at, at + KEYS_AT_ONCE);
    const sizes = await ask(
      source,
      database,
      some.map((name) => ["MEMORY", "USAGE", name]),
    );
    all.push(...portions(some, sizes.map(Number), BYTES_AT_ONCE));
  }
  return all;
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

/** A master that is filled faster than its replicas read would drop them. */
async function keepPace(target: Target): Promise<void> {
  if (target.replicas > 0) {
    await ask(target, 0, [["WAIT", target.replicas, PACE_MS]]);
  }
}
