import { setTimeout as sleep } from "node:timers/promises";
import type { Say } from "../../handover/steps";
import { bytesText } from "../units";
import { UserError } from "../../config/userError";
import { catchUp, compareAll, copyAll, copyFunctions, leftOut, type Amount, type Carriage, type Tell } from "./carry";
import { Changes } from "./changes";
import { cutOver } from "./cutOver";
import { requireMaster, sourceFacts, targetFacts } from "./facts";
import { keysIn, whyNot } from "./fits";
import { connectTo, type Login } from "./login";
import { empty, mark } from "./marker";
import { requireRights } from "./rights";
import { StreamGroups } from "./streamGroups";
import type { Sources } from "./sources";
import { howToLeaveOut, type Target } from "./copy";
import type { Large } from "./read";
import { keyText } from "./side";

/** Milliseconds between two rounds while nobody waits for them. */
const ROUND_PAUSE_MS = 50;
/** A round that is done in so much is near enough: about as long writes will be held. */
const NEAR_MS = 500;
/** So many rounds that bring no fewer changes: they come as fast as they can be brought. */
const ROUNDS_IN_VAIN = 5;
/** What takes long is told of as often as this. */
const TELL_MS = 10_000;

/** What a migration needs beside the two sides. */
export interface Migration {
  readonly sources: Sources;
  readonly login: Login;
  readonly target: Target;
  readonly deployment: string;
  /** Names of keys that stay where they are. */
  readonly without?: readonly string[];
  readonly say: Say;
  /** Asked when everything is there but the last changes; the copy follows while it waits. */
  readonly mayClose: (signal: AbortSignal) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface Migrated extends Amount {
  /** Milliseconds for which writes were held, before they were refused. */
  readonly heldMs: number;
}

/**
 * Carries all data of a master over to a new deployment while applications go on writing, and closes the old one in the
 * moment in which the new one has everything.
 *
 * @returns undefined when the person does not want to close it.
 * @throws UserError that says why it cannot be done, or what has come in between; nothing was switched then.
 */
export async function migrate(migration: Migration): Promise<Migrated | undefined> {
  const { sources, login, target, say, signal } = migration;
  const source = sources.master;
  await prepare(migration);
  const changes = await Changes.follow(source, () => connectTo(sources.address, login));
  try {
    const without = new Set(migration.without?.map((name) => Buffer.from(name).toString("latin1")));
    const carriage: Carriage = { source, target, changes, streams: new StreamGroups(), without, signal };
    const amount = await bringNear(carriage, migration).catch(async (error: unknown) => {
      // A server that begins to follow another one may be emptied for it: what one sees is not the reason then.
      await requireMaster(source);
      throw error;
    });
    return amount && { ...amount, heldMs: await cutOver(carriage, sources.all, say) };
  } finally {
    changes.close();
  }
}

/**
 * Copies all, compares it, and follows what changes until the person has answered.
 *
 * @returns undefined when the old deployment is not to be closed.
 */
async function bringNear(carriage: Carriage, { target, say, mayClose }: Migration): Promise<Amount | undefined> {
  const began = performance.now();
  const amount = await copyAll(carriage, teller(say, "copied so far"));
  const perS = Math.round(amount.keys / Math.max(0.001, (performance.now() - began) / 1000));
  say(`${amount.keys} keys copied, ${bytesText(amount.bytes)} (${perS} keys a second)`);
  say(
    `${await compareAll(carriage, teller(say, "compared so far"))} keys compared on both sides: the same, or changed since`,
  );
  await tellLeftOut(carriage, say);
  await comeNear(carriage, say);
  say(`${target.name} has all but the changes of the last moment, and follows`);
  if (!(await followUntilAnswered(carriage, mayClose))) {
    return undefined;
  }
  await comeNear(carriage, say);
  return amount;
}

/** Before the question: a name that was written wrong would be missed only afterwards. */
async function tellLeftOut(carriage: Carriage, say: Say): Promise<void> {
  const left = await leftOut(carriage);
  for (const asked of carriage.without) {
    const name = Buffer.from(asked, "latin1");
    const there = left.filter((key) => key.name.equals(name));
    if (there.length === 0) {
      say(`no database has a key ${JSON.stringify(name.toString("utf8"))} that could be left out`);
    }
    there.forEach((key) => say(`${keyText(key)} stays at ${carriage.source.name}, as asked`));
  }
}

/** Refuses what does not fit, and marks the new deployment. */
async function prepare({ sources, target, deployment, say }: Migration): Promise<void> {
  const { master: source, all, replicas } = sources;
  const [here, there] = [await sourceFacts(source), await targetFacts(target, deployment)];
  const reasons = whyNot(here, there);
  if (reasons.length > 0) {
    throw new UserError(`${reasons.join(".\n")}.`);
  }
  const databases = [...here.databases.keys()];
  say(
    `${source.name} is the master: Redis ${here.version}, ${keysIn(here.databases)} keys in ${databases.length === 1 ? "1 database" : `${databases.length} databases`}, ${bytesText(here.usedMemoryBytes)}`,
  );
  if (replicas > all.length - 1) {
    say(
      `${replicas - (all.length - 1)} of its replicas are not named and will not be closed; stop them before one becomes master`,
    );
  }
  if (there.unfinishedFrom !== undefined) {
    await empty(target);
    say(`${keysIn(there.databases) - 1} keys removed that an unfinished copy had brought from ${there.unfinishedFrom}`);
  }
  await requireRights(source, all);
  await mark(source, target, databases[0]);
  // They are brought at the end; whether they can be is known now.
  await copyFunctions({ source, target });
}

/** Brings what has changed, until a round is short. */
async function comeNear(carriage: Carriage, say: Say): Promise<void> {
  let fewest = Infinity;
  let heaviest: Large | undefined;
  for (let inVain = 0; inVain < ROUNDS_IN_VAIN;) {
    stopIfAsked(carriage);
    const began = performance.now();
    const { names, largest } = await catchUp(carriage);
    const ms = performance.now() - began;
    if (ms < NEAR_MS) {
      return;
    }
    if (ms > TELL_MS) {
      say(`${names.length} keys that had changed brought`);
    }
    inVain = names.length < fewest ? 0 : inVain + 1;
    fewest = Math.min(fewest, names.length);
    heaviest = largest ?? heaviest;
  }
  throw new UserError(tooFast(carriage, heaviest));
}

/** Why it does not come near, and what can be done. */
function tooFast({ source, target }: Carriage, heaviest: Large | undefined): string {
  return heaviest === undefined
    ? `${source.name} changes faster than its changes can be brought to ${target.name}; nothing was switched, start again when there is less to do`
    : `${keyText(heaviest.key)} (${heaviest.type}, ${bytesText(heaviest.bytes)}) changes faster than it can be brought to ${target.name}, which is all of it each time; nothing was switched. Start again when nobody writes to it for a while, or ${howToLeaveOut(heaviest.key)}`;
}

/** Tells of what goes on, now and then. */
function teller(say: Say, what: string): Tell {
  let next = performance.now() + TELL_MS;
  return (keys) => {
    if (performance.now() >= next) {
      next = performance.now() + TELL_MS;
      say(`${keys} keys ${what}`);
    }
  };
}

async function followUntilAnswered(
  carriage: Carriage,
  mayClose: (signal: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  const questionTaken = new AbortController();
  let answer: boolean | undefined;
  const asked = mayClose(questionTaken.signal).then((given) => (answer = given));
  try {
    while (answer === undefined) {
      stopIfAsked(carriage);
      await catchUp(carriage, false);
      await Promise.race([asked, sleep(ROUND_PAUSE_MS)]);
    }
    return answer;
  } finally {
    questionTaken.abort();
    await asked;
  }
}

function stopIfAsked({ signal }: Carriage): void {
  if (signal?.aborted) {
    throw new UserError("stopped as asked; nothing was switched");
  }
}
