import { contentsOf } from "./contents";
import { areSameInPieces, isDivisible } from "./pieces";
import { endsOf, inPortions, valuesOf, type Copied } from "./read";
import { ask, type Key, type Side } from "./side";

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
  for await (const { present, gone, large } of inPortions(source, database, names)) {
    if (large !== undefined && isDivisible(large.type)) {
      const { key, ...value } = large;
      const isSame =
        !hasChanged(key.name) &&
        (await endTogether(source, target, key)) &&
        (await areSameInPieces(source, target, key, value));
      found.push(...(isSame ? [] : [key.name]));
      continue;
    }
    const [here, there, left] = await Promise.all([
      valuesOf(source, database, present),
      valuesOf(target, database, present),
      stillThere([source, target], database, gone),
    ]);
    // All at once: a server answers one question while the next is on its way.
    const areAlike = await Promise.all(
      present.map((name, at) => areSame(source, target, { database, name }, here[at]!, there[at]!, hasChanged)),
    );
    found.push(...present.filter((_, at) => !areAlike[at]), ...left);
  }
  return found;
}

/** Which of these names some side has, although they were gone. */
async function stillThere(
  sides: readonly Side[],
  database: number,
  names: readonly Buffer[],
): Promise<readonly Buffer[]> {
  const commands = names.map((name) => ["EXISTS", name] as const);
  const answers = await Promise.all(sides.map((side) => ask(side, database, commands)));
  return names.filter((_, at) => answers.some((answer) => answer[at] !== 0));
}

async function endTogether(source: Side, target: Side, { database, name }: Key): Promise<boolean> {
  const endAt = async (side: Side): Promise<number | undefined> => (await endsOf(side, database, [name]))[0];
  const [here, there] = await Promise.all([endAt(source), endAt(target)]);
  return here === undefined || there === undefined ? here === there : sameEnd(here, there);
}

const sameEnd = (one: number, other: number): boolean =>
  (one === -1) === (other === -1) && Math.abs(one - other) <= SLACK_MS;

/**
 * Behind a value in the form of DUMP are two bytes with the version of the format and eight of a checksum over both:
 * no two versions of Redis have the same, whatever the value.
 */
const FOOTER_BYTES = 10;

/** Whether two values in the form of DUMP are the same; where they are not, the keys may be all the same. Pure. */
export const samePayload = (one: Buffer, other: Buffer): boolean =>
  one.subarray(0, -FOOTER_BYTES).equals(other.subarray(0, -FOOTER_BYTES));

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
  if (!sameEnd(here.expiresAt, there.expiresAt)) {
    return false;
  }
  if (samePayload(here.payload, there.payload)) {
    return true;
  }
  if (hasChanged(key.name)) {
    return false;
  }
  const { type } = here;
  if (type !== there.type) {
    return false;
  }
  const [mine, theirs] = await Promise.all([contentsOf(source, key, type), contentsOf(target, key, type)]);
  return mine !== undefined && mine === theirs;
}
