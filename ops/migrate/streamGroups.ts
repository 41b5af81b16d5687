import { askerOf, Vanished } from "./pieces";
import { portions } from "./portions";
import type { Key, Side } from "./side";
import { groupPieces } from "./streamPieces";

/** Streams that are looked at at once, and what is asked for of each at once. */
const STREAMS_AT_ONCE = 100;
const PENDING_AT_ONCE = 2000;
/** While nobody waits for it, looking takes no more than this part of the time. */
const LOOKING_PART = 0.1;

/**
 * The streams of a migration. A server tells of no change to a stream's groups (`XREADGROUP`, `XACK`, `XCLAIM`,
 * `XGROUP`) nor of `XSETID`, so they are looked at.
 */
export class StreamGroups {
  private readonly keys = new Map<string, Key>();
  private readonly inDoubt = new Map<string, Buffer>();
  private nextAt = 0;

  /** From now on this stream is looked at, too. */
  add(key: Key): void {
    this.keys.set(textOf(key), key);
  }

  has(key: Key): boolean {
    return this.keys.has(textOf(key));
  }

  /** It differs, maybe only since consumers are at work: it is compared when nobody can be. */
  doubt(key: Key): void {
    this.inDoubt.set(textOf(key), key.name);
  }

  /** Names of those that have to be compared once nothing is written. */
  get doubted(): readonly Buffer[] {
    return [...this.inDoubt.values()];
  }

  /**
   * Which streams have other groups at the target than at the source.
   *
   * @param without those that are known to have changed.
   * @param isNow whether all are to be looked at now, and not only now and then.
   */
  async differing(
    source: Side,
    target: Side,
    without: (name: Buffer) => boolean,
    isNow: boolean,
  ): Promise<readonly Key[]> {
    const began = performance.now();
    if (!isNow && began < this.nextAt) {
      return [];
    }
    const keys = [...this.keys.values()].filter(({ name }) => !without(name));
    const found: Key[] = [];
    for (const some of portions(
      keys,
      keys.map(() => 1),
      STREAMS_AT_ONCE,
    )) {
      const differ = await Promise.all(some.map((key) => haveOtherGroups(source, target, key)));
      found.push(...some.filter((_, at) => differ[at]));
    }
    const took = performance.now() - began;
    this.nextAt = performance.now() + took / LOOKING_PART;
    return found;
  }
}

const textOf = ({ database, name }: Key): string => `${database}:${name.toString("latin1")}`;

async function haveOtherGroups(source: Side, target: Side, key: Key): Promise<boolean> {
  try {
    for await (const piece of groupPieces(askerOf(source, key), key.name, PENDING_AT_ONCE)) {
      const isThere = await piece.isAt(askerOf(target, key), key.name).catch((error: unknown) => {
        if (error instanceof Vanished) {
          return false;
        }
        throw error;
      });
      if (!isThere) {
        return true;
      }
    }
    return false;
  } catch (error) {
    // It is gone, or is no stream any more: that is noted as a change.
    if (error instanceof Vanished) {
      return false;
    }
    throw error;
  }
}
