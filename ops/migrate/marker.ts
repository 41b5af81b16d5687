import { UserError } from "../../config/userError";
import { restored } from "./copy";
import { ask, askOne, type Side } from "./side";

/** A key that a deployment has while it is being filled, and no longer: what else is there is a copy, and may be removed. */
export const MARKER = "redis-on-docker:being-filled-from";

/**
 * Marks a deployment as one that is being filled.
 *
 * @param sample a database of the source that has keys, if there is one: whether its values can be read is tried first.
 * @throws UserError when they cannot.
 */
export async function mark(source: Side, target: Side, sample: number | undefined): Promise<void> {
  if (sample !== undefined) {
    const [name] = await ask(source, sample, [["RANDOMKEY"]]);
    const [payload] = Buffer.isBuffer(name) ? await ask(source, sample, [["DUMP", name]]) : [null];
    if (Buffer.isBuffer(payload) && Buffer.isBuffer(name)) {
      const [reply] = await ask(target, 0, [["RESTORE", MARKER, 0, payload, "REPLACE"]]);
      restored(source, target, { database: sample, name }, reply);
    }
  }
  await askOne(target, "SET", MARKER, source.name);
}

/** Removes what an earlier attempt brought. */
export async function empty(target: Side): Promise<void> {
  await askOne(target, "FLUSHALL");
}

/** From now on it is a deployment like any other. */
export async function unmark(target: Side): Promise<void> {
  if ((await askOne(target, "DEL", MARKER)) !== 1) {
    throw new UserError(`${target.name} was emptied meanwhile, or filled by somebody else; start again`);
  }
}
