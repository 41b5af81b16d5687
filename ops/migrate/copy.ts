import { shellQuoted } from "../../config/render/nodeEnv";
import { UserError } from "../../config/userError";
import { bytesText } from "../units";
import { PART } from "./ownKeys";
import { isDivisible, piecesOf, Vanished } from "./pieces";
import { oneAhead } from "./portions";
import { endsOf, inPortions, valuesOf, type Copied, type Large, type Portion } from "./read";
import { ask, keyText, type Command, type Key, type Reply, type Side } from "./side";

/** A value that is larger than this cannot be sent to any Redis that has the default settings. */
const LARGEST_BYTES = 512 * 1024 * 1024;
/** How long the replicas may take for a portion; when they need longer, the next portion is sent all the same. */
const PACE_MS = 1000;

/** A new deployment. */
export interface Target extends Side {
  /** How many replicas are to keep pace with its master. */
  readonly replicas: number;
  /** The largest value that is brought in one piece, where its type cannot be divided; default: what can be sent. */
  readonly wholeBytes?: number;
}

/** What was brought. */
export interface Brought {
  readonly bytes: number;
  /** The largest one, if there was one that had to be brought in pieces. */
  readonly largest?: Large;
  /** Those among the keys that are streams. */
  readonly streams: readonly Key[];
}

/** Bytes of a vector set, or of a module's value, that a server certainly writes in a millisecond, on a busy machine. */
const WHOLE_BYTES_PER_MS = 50 * 1024;

/**
 * What may be brought in one piece: while it writes that, a master answers nobody, and its Sentinels must not take it
 * for down. Pure.
 *
 * @param downAfterMs after which they would; undefined: there are none.
 */
export const wholeBytesFor = (downAfterMs: number | undefined): number =>
  Math.min(LARGEST_BYTES, ((downAfterMs ?? Infinity) / 2) * WHOLE_BYTES_PER_MS);

/** Brings keys as they are now: copied, or removed where they are gone. */
export async function copyKeys(
  source: Side,
  target: Target,
  database: number,
  names: readonly Buffer[],
): Promise<Brought> {
  let bytes = 0;
  let largest: Large | undefined;
  const streams: Key[] = [];
  for await (const { present, gone, values, large } of oneAhead(readKeys(source, target, database, names))) {
    if (large !== undefined && isDivisible(large.type)) {
      bytes += await copyInPieces(source, target, large);
      streams.push(...(large.type === "stream" ? [large.key] : []));
      largest = largest === undefined || large.bytes > largest.bytes ? large : largest;
      continue;
    }
    streams.push(...present.filter((_, at) => values[at]!.type === "stream").map((name) => ({ database, name })));
    const restores = values.flatMap(({ payload, expiresAt }, at): readonly Command[] => {
      const name = present[at]!;
      return payload === null
        ? []
        : expiresAt === -1
          ? [["RESTORE", name, 0, payload, "REPLACE"]]
          : [["RESTORE", name, expiresAt, payload, "REPLACE", "ABSTTL"]];
    });
    // What has the name there may be large, and RESTORE would remove it at once.
    const replies = await send(target, database, [["UNLINK", ...present, ...gone], ...restores]);
    replies.forEach((reply, at) => {
      const name = restores[at - 1]?.[1];
      restored(source, target, { database, name: Buffer.isBuffer(name) ? name : (present[0] ?? gone[0]!) }, reply);
    });
    bytes += values.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
  }
  return { bytes, streams, ...(largest === undefined ? {} : { largest }) };
}

/** A master that is filled faster than its replicas read would drop them. */
const send = (target: Target, database: number, commands: readonly Command[]): Promise<readonly Reply[]> =>
  ask(target, database, [...commands, ...(target.replicas === 0 ? [] : [["WAIT", target.replicas, PACE_MS] as const])]);

/**
 * Brings a large value. It has its name once it is whole, with its end; what had the name before is removed behind the
 * scenes, since that takes a server long, too.
 *
 * @returns the bytes that were carried.
 */
async function copyInPieces(source: Side, target: Target, { key, ...value }: Large): Promise<number> {
  const { database, name } = key;
  const put = async (...commands: Command[]): Promise<void> => {
    (await send(target, database, commands)).forEach((reply) => restored(source, target, key, reply));
  };
  await put(["UNLINK", name, PART]);
  let bytes = 0;
  try {
    for await (const piece of oneAhead(piecesOf(source, key, value))) {
      const commands = piece.write(PART);
      await put(...commands);
      bytes += weightOf(commands);
    }
  } catch (error) {
    if (!(error instanceof Vanished)) {
      throw error;
    }
    await put(["UNLINK", PART]);
    return bytes;
  }
  const [end] = await endsOf(source, database, [name]);
  if (end === undefined || (end !== -1 && end <= Date.now())) {
    await put(["UNLINK", PART]);
    return bytes;
  }
  // Renamed first: one that ends right now would have no other name to be given.
  await put(["RENAME", PART, name], ...(end === -1 ? [] : [["PEXPIREAT", name, end] as const]));
  return bytes;
}

const weightOf = (commands: readonly Command[]): number =>
  commands.flat().reduce<number>((sum, word) => sum + (Buffer.isBuffer(word) ? word.length : String(word).length), 0);

interface Read extends Portion {
  /** Of each that is present; of a large one there is none. */
  readonly values: readonly Copied[];
}

async function* readKeys(
  source: Side,
  target: Target,
  database: number,
  names: readonly Buffer[],
): AsyncGenerator<Read> {
  for await (const portion of inPortions(source, database, names)) {
    const { present, large } = portion;
    if (large !== undefined && isDivisible(large.type)) {
      yield { ...portion, values: [] };
      continue;
    }
    const limit = target.wholeBytes ?? LARGEST_BYTES;
    if (large !== undefined && large.bytes > limit) {
      throw new UserError(tooLarge(target, large, limit));
    }
    yield { ...portion, values: await valuesOf(source, database, present) };
  }
}

/** Why a value of a type that cannot be divided stays where it is, and what can be done. */
const tooLarge = ({ name }: Side, { key, type, bytes }: Large, limit: number): string =>
  `${keyText(key)} (${type}) takes ${bytesText(bytes)}, and can only be carried in one piece: ${name} takes ${bytesText(limit)} at most, or it would not answer its Sentinels in time, or anybody else; ${limit < LARGEST_BYTES ? "raise the setting downAfterMs for the time of the migration, or " : ""}${howToLeaveOut(key)}`;

/** Words for a person who wants the rest without this key. */
export const howToLeaveOut = ({ name }: Key): string =>
  `leave it out: --without-key ${shellQuoted(name.toString("utf8"))}`;

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
