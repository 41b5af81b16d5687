// Stacks: made when they are first used.
//
// For the commands in `ops/`, which run in the environment that run.mjs built:
//
//     import { ensureStack } from "../toolchain/stack.mjs";
//     await ensureStack("dev");             // exists from now on, in whichever backend is in use
//
// or, from a shell, `node toolchain/run.mjs stack-init dev`. A stack that is made is selected too, as
// `pulumi stack init` does; one that exists is left as it is, and so is the selection.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { readIfThere } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { paths, root, stateFolder } from "./paths.mjs";
import { localUrl } from "./pieces/state.mjs";
import { Stop } from "./say.mjs";
import { remember, restore, stackOf } from "./stack-files.mjs";

/** Whether the backend is the one in the clone. @param {NodeJS.ProcessEnv} env as environment() made it */
const usesLocalState = (env) => env.PULUMI_BACKEND_URL === localUrl(env);

/** The project's name, as it stands in Pulumi.yaml. */
const project = () => readIfThere(join(root, "Pulumi.yaml"))?.match(/^name:\s*["']?([\w.-]+)/m)?.[1] ?? "";

/** @param {string} stack @param {NodeJS.ProcessEnv} env */
const stateFile = (stack, env) => join(stateFolder(env), ".pulumi", "stacks", project(), `${stack}.json`);

/**
 * @param {string} stack
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function ensureStack(stack, env = process.env) {
  if (!/^([\w.-]+\/){0,2}[\w.-]+$/.test(stack))
    throw new Stop(`"${stack}" cannot be a stack's name: use letters, digits, dots, dashes and underscores.`);
  // A look at the file costs nothing; asking Pulumi costs half a second.
  const local = usesLocalState(env);
  if (local && existsSync(stateFile(stack, env))) return;
  const create = () =>
    run("pulumi", ["stack", "select", "--create", stack, "--non-interactive"], { log: "stack", cwd: root, env }).then(
      () => undefined,
    );
  await withLock(join(paths.made, "stack-lock"), `making the stack ${stack}`, () =>
    local ? keepingStackFiles(env, create) : create(),
  );
}

/**
 * Does something with Pulumi that leaves Pulumi.<stack>.yaml as it was; see stack-files.mjs.
 * @template T
 * @param {NodeJS.ProcessEnv} env
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function keepingStackFiles(env, work) {
  if (!usesLocalState(env)) return work();
  const before = remember(root);
  const stateOf = (/** @type {string} */ stack) => readIfThere(stateFile(stack, env)) ?? "";
  const stacks = [...before.keys()].map(stackOf);
  // The command may remove a stack, and its state with it: a salt that was in either is ours.
  const states = new Map(stacks.map((stack) => [stack, stateOf(stack)]));
  try {
    return await work();
  } finally {
    restore(root, before, (stack) => stateOf(stack) + (states.get(stack) ?? ""));
  }
}
