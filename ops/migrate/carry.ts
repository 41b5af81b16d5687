import { UserError } from "../../config/userError";
import type { Changes } from "./changes";
import { differing } from "./compare";
import { copyKeys, type Target } from "./copy";
import { databasesIn, infoFrom } from "./facts";
import { lastingIn } from "./fits";
import { askOne, ask, keyText, type Side } from "./side";

/** Names that one SCAN asks for. */
const SCAN_COUNT = 2000;

/** Data on its way: from where, to where, and what has changed there meanwhile. */
export interface Carriage {
  readonly source: Side;
  readonly target: Target;
  readonly changes: Changes;
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
    bytes += await copyKeys(source, target, database, names);
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
    await makeSame(carriage, database, names);
    keys += names.length;
    tell(keys);
  });
  return keys;
}

/**
 * Brings everything that has changed since the last time.
 *
 * @returns the names that had changed.
 */
export async function catchUp(carriage: Carriage): Promise<readonly Buffer[]> {
  const { source, target, changes } = carriage;
  const names = changes.take();
  if (names.length > 0) {
    for (const database of await databasesInUse(carriage)) {
      await copyKeys(source, target, database, names);
    }
  }
  return names;
}

/** Compares keys in all databases. */
export async function compareKeys(carriage: Carriage, names: readonly Buffer[]): Promise<void> {
  for (const database of names.length === 0 ? [] : await databasesInUse(carriage)) {
    await makeSame(carriage, database, names);
  }
}

/** Functions are no keys; servers before 7.0 have none. */
export async function copyFunctions({ source, target }: Carriage): Promise<void> {
  const [functions] = await ask(source, 0, [["FUNCTION", "DUMP"]]);
  if (Buffer.isBuffer(functions)) {
    await askOne(target, "FUNCTION", "RESTORE", functions, "FLUSH");
  }
}

/**
 * Compares how many keys there are, while nothing is written. Only those that do not expire: of the others, each side
 * counts some that have ended and are not yet removed.
 *
 * @param own keys without an end that only the target has.
 * @throws UserError when the numbers differ.
 */
export async function compareCounts({ source, target }: Carriage, own: number): Promise<void> {
  const [here, there] = await Promise.all([infoFrom(source), infoFrom(target)]).then(
    ([one, other]) => [databasesIn(one), databasesIn(other)] as const,
  );
  for (const database of new Set([0, ...here.keys(), ...there.keys()])) {
    const wanted = lastingIn(here.get(database));
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
      await work(database, names);
    } while (cursor !== "0");
  }
}

/** Compares keys; one that differs although it has not changed is copied again, once. */
async function makeSame(carriage: Carriage, database: number, names: readonly Buffer[]): Promise<void> {
  const { source, target, changes } = carriage;
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
    const [still] = await unexplained(again);
    if (still !== undefined) {
      throw new UserError(
        `${keyText({ name: still, database })} is not the same at ${target.name} after it was copied twice`,
      );
    }
  }
}
