// Makes sure of the pieces: looks for all of them, and gets what is missing, one set-up at a time in a clone.

import { mkdirSync, rmSync } from "node:fs";
import { everything } from "./commands.mjs";
import { withLock } from "./lock.mjs";
import { paths } from "./paths.mjs";
import { actionlint } from "./pieces/actionlint.mjs";
import { applications } from "./pieces/applications.mjs";
import { dependencies } from "./pieces/dependencies.mjs";
import { engine } from "./pieces/engine.mjs";
import { image } from "./pieces/image.mjs";
import { node } from "./pieces/node.mjs";
import { plugins } from "./pieces/plugins.mjs";
import { pulumi } from "./pieces/pulumi.mjs";
import { python } from "./pieces/python.mjs";
import { servers } from "./pieces/servers.mjs";
import { state } from "./pieces/state.mjs";
import { yaml } from "./pieces/yaml.mjs";
import { busybox, compiler, compose, redis, shellcheck } from "./pieces/tools.mjs";
import { say, sentenceOf, Stop } from "./say.mjs";

/** @typedef {import("./piece.mjs").PieceName} PieceName */
/** @typedef {import("./piece.mjs").Context} Context */

/** @type {Record<PieceName, import("./piece.mjs").Piece>} */
export const pieces = {
  node,
  dependencies,
  pulumi,
  plugins,
  state,
  engine,
  image,
  redis,
  servers,
  shellcheck,
  busybox,
  compiler,
  compose,
  python,
  applications,
  yaml,
  actionlint,
};

/**
 * Side by side: what is waited for in one lane (compilers) is not what the other waits for (mirrors, the engine).
 * Within a lane, and at npm before both, the order matters.
 * @type {PieceName[][]}
 */
const lanes = [
  ["pulumi", "plugins", "state", "yaml", "actionlint"],
  ["engine", "image", "redis", "servers", "shellcheck", "busybox", "compiler", "compose"],
];

/**
 * After both: it may come with what the first lane gets, and asks the mirrors as the second one does.
 * @type {PieceName[]}
 */
const last = ["python", "applications"];

/**
 * @param {Context} context its `found` is filled in
 * @param {PieceName[]} names
 * @returns {Promise<PieceName[]>} those that are missing
 */
export async function find(context, names) {
  /** @type {PieceName[]} */
  const missing = [];
  for (const name of inOrder(names)) {
    const found = await pieces[name].find(context);
    if (found) context.found[name] = found;
    else missing.push(name);
  }
  return missing;
}

/**
 * @param {Context} context its `found` is filled in
 * @param {import("./commands.mjs").Needs} needs
 * @param {string} what the command, for others that wait for the lock
 */
export async function ensure(context, { needs, uses = [] }, what) {
  const missing = await find(context, needs);
  if (missing.length > 0) {
    await withLock(paths.lock, what, async () => {
      // Somebody else may have got them while we waited. What lies unfinished was left by a run that was cut off.
      const left = await find(context, missing);
      rmSync(paths.unfinished, { recursive: true, force: true });
      mkdirSync(paths.unfinished, { recursive: true });
      if (left.length > 0) say(`getting ${left.join(", ")}`);
      await get(
        context,
        left.filter((name) => ![...lanes.flat(), ...last].includes(name)),
      );
      const work = lanes.map((lane) => left.filter((name) => lane.includes(name))).filter((names) => names.length > 0);
      if (work.length === 1) await get(context, work[0] ?? []);
      else await sideBySide(work.map((names) => get(context, names)));
      await get(
        context,
        left.filter((name) => last.includes(name)),
      );
      rmSync(paths.unfinished, { recursive: true, force: true });
    });
  }
  // What is only used may be missing or broken: the command itself says what that means.
  for (const name of uses) await find(context, [name]).catch(() => undefined);
}

/** @param {Context} context @param {PieceName[]} names */
async function get(context, names) {
  for (const name of inOrder(names)) {
    // An engine that has just been started may have the image already.
    context.found[name] = (await pieces[name].find(context)) ?? (await pieces[name].get(context));
  }
}

/**
 * A failure is told at once, but the other lane may finish: what it makes is needed next time.
 * @param {Promise<void>[]} running
 */
async function sideBySide(running) {
  const told = running.map((lane) =>
    lane.catch((error) => {
      const sentence = sentenceOf(error);
      if (sentence !== undefined) say(sentence);
      throw error;
    }),
  );
  const failures = (await Promise.allSettled(told)).flatMap((lane) =>
    lane.status === "rejected" ? [lane.reason] : [],
  );
  const unforeseen = failures.find((error) => sentenceOf(error) === undefined);
  if (unforeseen) throw unforeseen;
  if (failures.length > 0) throw new Stop("not everything could be got (see above); what could is kept.", failures);
}

/** @param {PieceName[]} names */
const inOrder = (names) => everything.filter((name) => names.includes(name));
