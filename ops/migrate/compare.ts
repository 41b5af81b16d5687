import { contentsOf } from "./contents";
import { inPortions, valuesOf, type Copied } from "./copy";
import type { Key, Side } from "./side";

/**
 * Milliseconds by which the ends of a key's life may differ: a server before 7.0 tells only how much is left, and the
 * way there and back is in it.
 */
const SLACK_MS = 1000;

/**
 * Which of these keys are not the same on both sides, at this moment.
 *
 * @param hasChanged whether a key is known to differ for a while, so that no closer look is taken.
 */
export async function differing(
  source: Side,
  target: Side,
  database: number,
  names: readonly Buffer[],
  hasChanged: (name: Buffer) => boolean = () => false,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for await (const { present, gone } of inPortions(source, database, names)) {
    const portion = [...present, ...gone];
    const [here, there] = await Promise.all([valuesOf(source, database, portion), valuesOf(target, database, portion)]);
    for (const [at, name] of portion.entries()) {
      if (!(await areSame(source, target, { database, name }, here[at]!, there[at]!, hasChanged))) {
        found.push(name);
      }
    }
  }
  return found;
}

async function areSame(
  source: Side,
  target: Side,
  key: Key,
  here: Copied,
  there: Copied,
  hasChanged: (name: Buffer) => boolean,
): Promise<boolean> {
  if (here.payload === null || there.payload === null) {
    return here.payload === there.payload;
  }
  const [one, other] = [here.expiresAt, there.expiresAt];
  if ((one === -1) !== (other === -1) || Math.abs(one - other) > SLACK_MS) {
    return false;
  }
  if (here.payload.equals(there.payload)) {
    return true;
  }
  if (hasChanged(key.name)) {
    return false;
  }
  const [mine, theirs] = await Promise.all([contentsOf(source, key), contentsOf(target, key)]);
  return mine !== undefined && mine === theirs;
}
