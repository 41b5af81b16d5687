import { UserError } from "../../config/userError";
import { restored } from "./copy";
import { MARKER } from "./ownKeys";
import { ask, askOne, type Side } from "./side";

/** Keys that are looked at for one that is small enough to be tried. */
const TRIES = 20;
const SMALL_BYTES = 64 * 1024;

/**
 * Marks a deployment as one that is being filled.
 *
 * @param sample a database of the source that has keys, if there is one: whether its values can be read is tried first.
 * @throws UserError when they cannot.
 */
export async function mark(source: Side, target: Side, sample: number | undefined): Promise<void> {
  if (sample !== undefined) {
    const name = await smallKey(source, sample);
    const [payload] = name === undefined ? [null] : await ask(source, sample, [["DUMP", name]]);
    if (Buffer.isBuffer(payload) && name !== undefined) {
      const [reply] = await ask(target, 0, [["RESTORE", MARKER, 0, payload, "REPLACE"]]);
      restored(source, target, { database: sample, name }, reply);
    }
  }
  await askOne(target, "SET", MARKER, source.name);
}

/** Any key whose value is small, since a large one would hold up both servers; undefined when chance finds none. */
async function smallKey(source: Side, database: number): Promise<Buffer | undefined> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const [name] = await ask(source, database, [["RANDOMKEY"]]);
    if (!Buffer.isBuffer(name)) {
      return undefined;
    }
    const [bytes] = await ask(source, database, [["MEMORY", "USAGE", name]]);
    if (typeof bytes === "number" && bytes <= SMALL_BYTES) {
      return name;
    }
  }
  return undefined;
}

/** Removes what an earlier attempt brought; behind the scenes, since a master that does it at once answers nobody. */
export async function empty(target: Side): Promise<void> {
  await askOne(target, "FLUSHALL", "ASYNC");
}

/** From now on it is a deployment like any other. */
export async function unmark(target: Side): Promise<void> {
  if ((await askOne(target, "DEL", MARKER)) !== 1) {
    throw new UserError(`${target.name} was emptied meanwhile, or filled by somebody else; start again`);
  }
}
