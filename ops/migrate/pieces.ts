import { UserError } from "../../config/userError";
import { grouped } from "./portions";
import { list, pairs, text } from "./replies";
import { ask, keyText, type Command, type Key, type Reply, type Side } from "./side";
import { streamPieces } from "./streamPieces";

/**
 * A large value is read, brought and compared in pieces: a server that writes or reads the whole of it at once (`DUMP`,
 * `RESTORE`) answers nobody meanwhile, its Sentinels least of all. What is taken in one go is bounded by these two.
 */
const PIECE_BYTES = 1024 * 1024;
const PIECE_ITEMS = 5000;

/** Asks one server about one key; an answer that is an error is thrown. */
export type Asker = (...commands: Command[]) => Promise<readonly Reply[]>;

/** A part of a value. */
export interface Piece {
  /** What adds it to a value. */
  readonly write: (name: Buffer) => readonly Command[];
  /** Whether a server has the same there. */
  readonly isAt: (ask: Asker, name: Buffer) => Promise<boolean>;
}

/** How values of a type are taken apart. */
interface PieceType {
  /** Tells how many items there are. */
  readonly length: string;
  /** @param count of items that a piece has, about. */
  readonly read: (ask: Asker, name: Buffer, count: number) => AsyncGenerator<Piece>;
}

/** Types that are not here come in one piece: a vector set, and a module's. */
const types: Readonly<Record<string, PieceType>> = {
  string: { length: "STRLEN", read: stringPieces },
  list: { length: "LLEN", read: listPieces },
  set: { length: "SCARD", read: setPieces },
  zset: { length: "ZCARD", read: sortedSetPieces },
  hash: { length: "HLEN", read: hashPieces },
  stream: { length: "XLEN", read: streamPieces },
};

/** What a large value is divided by. */
export interface Divisible {
  readonly type: string;
  readonly bytes: number;
}

export const isDivisible = (type: string): boolean => type in types;

/** The command that tells the number of items of a type, where there is one. */
export const lengthCommand = (type: string): string | undefined => types[type]?.length;

/** The key became another one, or went, while it was read: it is noted as changed then, and comes again. */
export class Vanished extends Error {}

/** The pieces of a key's value, as it is now or a moment later. */
export async function* piecesOf(side: Side, key: Key, { type, bytes }: Divisible): AsyncGenerator<Piece> {
  const asker = askerOf(side, key);
  const { length, read } = types[type]!;
  const [items] = await asker([length, key.name]);
  const bytesEach = bytes / Math.max(1, Number(items));
  const count = Math.max(1, Math.min(PIECE_ITEMS, Math.floor(PIECE_BYTES / bytesEach)));
  yield* read(asker, key.name, type === "string" ? PIECE_BYTES : count);
}

/** Whether both sides have the same value of this type, whatever order they keep it in. */
export async function areSameInPieces(source: Side, target: Side, key: Key, value: Divisible): Promise<boolean> {
  const contains = async (one: Side, other: Side): Promise<boolean> => {
    const asker = askerOf(other, key);
    for await (const piece of piecesOf(one, key, value)) {
      if (!(await piece.isAt(asker, key.name))) {
        return false;
      }
    }
    return true;
  };
  const lengthAt = async (side: Side): Promise<number> =>
    Number((await askerOf(side, key)([types[value.type]!.length, key.name]))[0]);
  try {
    if (!(await contains(source, target))) {
      return false;
    }
    const [here, there] = await Promise.all([source, target].map(lengthAt));
    // Fields that have ended count until a server removes them, each in its own time.
    return here === there || (await contains(target, source));
  } catch (error) {
    if (error instanceof Vanished) {
      return false;
    }
    throw error;
  }
}

/** Asks a server about a key; what it refuses is thrown. */
export function askerOf(side: Side, key: Key): Asker {
  return async (...commands) => {
    const replies = await ask(side, key.database, commands);
    const refused = replies.find((reply): reply is Error => reply instanceof Error);
    if (refused === undefined) {
      return replies;
    }
    if (/^WRONGTYPE|no such key|NOGROUP/.test(refused.message)) {
      throw new Vanished(refused.message);
    }
    throw new UserError(`${side.name}: ${keyText(key)} cannot be read (${refused.message})`);
  };
}

async function* stringPieces(ask: Asker, name: Buffer, bytes: number): AsyncGenerator<Piece> {
  for (let at = 0; ; at += bytes) {
    const range = (of: Buffer): Command => ["GETRANGE", of, at, at + bytes - 1];
    const [part] = await ask(range(name));
    if (!Buffer.isBuffer(part) || part.length === 0) {
      return;
    }
    yield {
      write: (to) => [["APPEND", to, part]],
      isAt: async (other, there) => {
        const [found] = await other(range(there));
        return Buffer.isBuffer(found) && found.equals(part);
      },
    };
  }
}

async function* listPieces(ask: Asker, name: Buffer, count: number): AsyncGenerator<Piece> {
  for (let at = 0; ; at += count) {
    const range = (of: Buffer): Command => ["LRANGE", of, at, at + count - 1];
    const items = list((await ask(range(name)))[0]) as readonly Buffer[];
    if (items.length === 0) {
      return;
    }
    yield {
      write: (to) => [["RPUSH", to, ...items]],
      isAt: async (other, there) => {
        const found = list((await other(range(there)))[0]);
        return found.length === items.length && items.every((item, index) => item.equals(found[index] as Buffer));
      },
    };
  }
}

async function* setPieces(ask: Asker, name: Buffer, count: number): AsyncGenerator<Piece> {
  for await (const members of scanned(ask, "SSCAN", name, count)) {
    yield {
      write: (to) => [["SADD", to, ...members]],
      isAt: async (other, there) =>
        list((await other(["SMISMEMBER", there, ...members]))[0]).every((answer) => answer === 1),
    };
  }
}

async function* sortedSetPieces(ask: Asker, name: Buffer, count: number): AsyncGenerator<Piece> {
  for await (const items of scanned(ask, "ZSCAN", name, count)) {
    const scored = pairs(items) as readonly (readonly [Buffer, Buffer])[];
    const members = scored.map(([member]) => member);
    yield {
      write: (to) => [["ZADD", to, ...scored.flatMap(([member, score]) => [score, member])]],
      isAt: async (other, there) => {
        const found = list((await other(["ZMSCORE", there, ...members]))[0]);
        // Versions differ in how many digits of a score they show.
        return scored.every(([, score], at) => found[at] !== null && scoreOf(found[at]) === scoreOf(score));
      },
    };
  }
}

/** A score as a number: servers say `inf` where it has no end. */
export const scoreOf = (reply: Reply | undefined): number => Number(text(reply).replace("inf", "Infinity"));

async function* hashPieces(ask: Asker, name: Buffer, count: number): AsyncGenerator<Piece> {
  for await (const items of scanned(ask, "HSCAN", name, count)) {
    const valued = pairs(items) as readonly (readonly [Buffer, Buffer])[];
    const fields = valued.map(([field]) => field);
    const ends = await endsOfFields(ask, name, fields);
    yield {
      write: (to) => [
        ["HSET", to, ...items],
        ...grouped(fields, (_, at) => ends[at]!)
          .filter(([end]) => end !== -1)
          .map(([end, some]): Command => ["HPEXPIREAT", to, end, "FIELDS", some.length, ...some]),
      ],
      isAt: async (other, there) => {
        const [values] = await other(["HMGET", there, ...fields]);
        const endsThere = await endsOfFields(other, there, fields);
        const found = list(values);
        return valued.every(([, value], at) => {
          const one = found[at];
          // One that has ended at this moment is on neither side.
          return (Buffer.isBuffer(one) && value.equals(one) && ends[at] === endsThere[at]) || isPast(ends[at]!);
        });
      },
    };
  }
}

const isPast = (end: number): boolean => end !== -1 && end <= Date.now();

/** When fields of a hash end, in milliseconds since 1970; -1: never, as before Redis 7.4 and Valkey 9. */
async function endsOfFields(ask: Asker, name: Buffer, fields: readonly Buffer[]): Promise<readonly number[]> {
  const never = fields.map(() => -1);
  try {
    const [ends] = await ask(["HPEXPIRETIME", name, "FIELDS", fields.length, ...fields]);
    return ends === null ? never : list(ends).map((end) => (Number(end) < 0 ? -1 : Number(end)));
  } catch (error) {
    if (error instanceof UserError && /unknown command/i.test(error.message)) {
      return never;
    }
    throw error;
  }
}

/** Goes through a value, as `SCAN` does: what is there from the beginning to the end is met, some of it twice. */
async function* scanned(ask: Asker, command: string, name: Buffer, count: number): AsyncGenerator<readonly Buffer[]> {
  let cursor = "0";
  do {
    const [reply] = await ask([command, name, cursor, "COUNT", count]);
    const [next, items] = reply as [Buffer, readonly Buffer[]];
    cursor = next.toString();
    if (items.length > 0) {
      yield items;
    }
  } while (cursor !== "0");
}
