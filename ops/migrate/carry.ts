import { UserError } from "../../config/userError";
import type { Changes } from "./changes";
import { differing } from "./compare";
import { copyKeys, howToLeaveOut, type Target } from "./copy";
import { endsOf, type Large } from "./read";
import { whyRefused } from "./refusal";
import { databasesIn, infoFrom } from "./facts";
import { lastingIn } from "./fits";
import type { StreamGroups } from "./streamGroups";
import { askOne, ask, keyText, type Key, type Side } from "./side";

/** Names that one SCAN asks for. */
const SCAN_COUNT = 2000;

/** Data on its way: from where, to where, and what has changed there meanwhile. */
export interface Carriage {
  readonly source: Side;
  readonly target: Target;
  readonly changes: Changes;
  /** The streams that were brought. */
  readonly streams: StreamGroups;
  /** Names of keys that stay where they are, in every database; as latin1. */
  readonly without: ReadonlySet<string>;
  /** Aborted when the person wants to stop. */
  readonly signal?: AbortSignal;
}

/** What was done. */
export interface Amount {
  readonly keys: number;
  readonly bytes: number;
}

/** Told how many keys are done. */
export type Tell = (keys: number) => void;

/** Copies all keys of all databases, while they change. */
export async function copyAll(carriage: Carriage, tell: Tell): Promise<Amount> {
  const { source, target } = carriage;
  let keys = 0;
  let bytes = 0;
  await eachPage(carriage, async (database, names) => {
    const brought = await copyKeys(source, target, database, names);
    brought.streams.forEach((key) => carriage.streams.add(key));
    bytes += brought.bytes;
    keys += names.length;
    tell(keys);
  });
  return { keys, bytes };
}

/**
 * Compares all keys of all databases, while they change. What changed meanwhile is left to `catchUp`.
 *
 * @returns how many there were.
 */
export async function compareAll(carriage: Carriage, tell: Tell): Promise<number> {
  let keys = 0;
  await eachPage(carriage, async (database, names) => {
    await makeSame(carriage, database, names, false);
    keys += names.length;
    tell(keys);
  });
  return keys;
}

/**
 * Brings everything that has changed since the last time.
 *
 * @param isNow whether streams' groups are looked at now, and not only now and then.
 * @returns the names that had changed, and the largest value among them that had to be brought in pieces.
 */
export async function catchUp(
  carriage: Carriage,
  isNow = true,
): Promise<{ names: readonly Buffer[]; largest?: Large }> {
  const { source, target, changes, streams } = carriage;
  const names = carried(carriage, changes.take());
  const changed = new Set(names.map((name) => name.toString("latin1")));
  const others = await streams.differing(source, target, (name) => changed.has(name.toString("latin1")), isNow);
  let largest: Large | undefined;
  const bring = async (database: number, some: readonly Buffer[]): Promise<void> => {
    const brought = await copyKeys(source, target, database, some);
    brought.streams.forEach((key) => streams.add(key));
    if (brought.largest !== undefined && brought.largest.bytes > (largest?.bytes ?? 0)) {
      largest = brought.largest;
    }
  };
  for (const database of names.length === 0 ? [] : await databasesInUse(carriage)) {
    await bring(database, names);
  }
  for (const { database, name } of others) {
    await bring(database, [name]);
  }
  return { names: [...names, ...others.map(({ name }) => name)], ...(largest === undefined ? {} : { largest }) };
}

const carried = ({ without }: Carriage, names: readonly Buffer[]): readonly Buffer[] =>
  without.size === 0 ? names : names.filter((name) => !without.has(name.toString("latin1")));

/** A key that stays where it is. */
interface Left extends Key {
  /** Whether it does not expire. */
  readonly lasts: boolean;
}

/** The keys that stay where they are, as asked for, as far as they are there. */
export async function leftOut(carriage: Carriage): Promise<readonly Left[]> {
  const names = [...carriage.without].map((name) => Buffer.from(name, "latin1"));
  const found: Left[] = [];
  for (const database of names.length === 0 ? [] : await databasesInUse(carriage)) {
    const ends = await endsOf(carriage.source, database, names);
    found.push(
      ...names.flatMap((name, at) => (ends[at] === undefined ? [] : [{ database, name, lasts: ends[at] === -1 }])),
    );
  }
  return found;
}

/** Compares keys in all databases while writes are held, and the streams about which there was doubt before. */
export async function compareKeys(carriage: Carriage, changed: readonly Buffer[]): Promise<void> {
  const names = [...changed, ...carriage.streams.doubted];
  for (const database of names.length === 0 ? [] : await databasesInUse(carriage)) {
    await makeSame(carriage, database, names, true);
  }
}

/** Functions are no keys; servers before 7.0 have none. */
export async function copyFunctions({ source, target }: Pick<Carriage, "source" | "target">): Promise<void> {
  const [functions] = await ask(source, 0, [["FUNCTION", "DUMP"]]);
  if (Buffer.isBuffer(functions)) {
    await askOne(target, "FUNCTION", "RESTORE", functions, "FLUSH");
  } else if (functions instanceof Error && !/unknown command/i.test(functions.message)) {
    throw new UserError(whyRefused(source.name, source.user, "FUNCTION", functions.message));
  }
}

/**
 * Compares how many keys there are, while nothing is written. Only those that do not expire: of the others, each side
 * counts some that have ended and are not yet removed.
 *
 * @param own keys without an end that only the target has.
 * @throws UserError when the numbers differ.
 */
export async function compareCounts(carriage: Carriage, own: number): Promise<void> {
  const { source, target } = carriage;
  const left = (await leftOut(carriage)).filter(({ lasts }) => lasts);
  const [here, there] = await Promise.all([infoFrom(source), infoFrom(target)]).then(
    ([one, other]) => [databasesIn(one), databasesIn(other)] as const,
  );
  for (const database of new Set([0, ...here.keys(), ...there.keys()])) {
    const wanted = lastingIn(here.get(database)) - left.filter((key) => key.database === database).length;
    const found = lastingIn(there.get(database)) - (database === 0 ? own : 0);
    if (wanted !== found) {
      throw new UserError(
        `database ${database} has ${wanted} keys without an end at ${source.name}, and ${found} at ${target.name}: somebody else writes there, or it removes keys for want of room (maxmemoryMb, maxmemoryPolicy), or SWAPDB was used; put an end to that, and start again`,
      );
    }
  }
}

async function databasesInUse({ source, target }: Carriage): Promise<readonly number[]> {
  const sizes = await Promise.all([source, target].map(async (side) => databasesIn(await infoFrom(side))));
  return [...new Set(sizes.flatMap((each) => [...each.keys()]))];
}

/** Goes through all names of all databases of the source. Those that come meanwhile are noted as changes. */
async function eachPage(
  carriage: Carriage,
  work: (database: number, names: readonly Buffer[]) => Promise<void>,
): Promise<void> {
  const { source, changes, signal } = carriage;
  for (const database of databasesIn(await infoFrom(source)).keys()) {
    let cursor = "0";
    do {
      if (signal?.aborted) {
        throw new UserError("stopped as asked; nothing was switched");
      }
      changes.check();
      const [reply] = await ask(source, database, [["SCAN", cursor, "COUNT", SCAN_COUNT]]);
      if (!Array.isArray(reply)) {
        throw new UserError(`${source.name} does not tell its keys (SCAN): ${String(reply)}`);
      }
      const [next, names] = reply as [Buffer, readonly Buffer[]];
      cursor = next.toString();
      await work(database, carried(carriage, names));
    } while (cursor !== "0");
  }
}

/**
 * Compares keys; one that differs although it has not changed is copied again, once.
 *
 * @param areHeld whether writes are held, so that nothing but a fault explains a difference.
 */
async function makeSame(
  carriage: Carriage,
  database: number,
  names: readonly Buffer[],
  areHeld: boolean,
): Promise<void> {
  const { source, target, changes, streams } = carriage;
  const unexplained = async (among: readonly Buffer[]): Promise<readonly Buffer[]> => {
    const different = await differing(source, target, database, among, (name) => changes.has(name));
    if (different.length > 0) {
      await changes.settle();
    }
    return different.filter((name) => !changes.has(name));
  };
  const again = await unexplained(names);
  if (again.length > 0) {
    // Keys that ended between two looks, mostly.
    await copyKeys(source, target, database, again);
    for (const name of await unexplained(again)) {
      const key = { name, database };
      if (areHeld || !streams.has(key)) {
        throw new UserError(
          `${keyText(key)} is not the same at ${target.name} after it was copied twice; ${howToLeaveOut(key)}`,
        );
      }
      // Its consumers are at work, of which no server tells.
      streams.doubt(key);
    }
  }
}
