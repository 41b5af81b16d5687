// Where everything lies. Nothing else in this folder spells a path of the clone.
//
// `.toolchain/` can be thrown away at any time and is made again; `.state/` cannot: it holds
// the only record of what Pulumi created, and the passphrase that reads it.

import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone's top folder, where Pulumi.yaml is. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** This folder: the code and the pinned recipes. */
export const recipes = join(root, "toolchain");

const made = join(root, ".toolchain");

export const paths = {
  made,
  /** `pulumi` and its language host. */
  bin: join(made, "bin"),
  /** PULUMI_HOME: the plugins, and which stack is selected. */
  pulumiHome: join(made, "pulumi-home"),
  node: join(made, "node"),
  debs: join(made, "debs"),
  /** Servers of several versions, for tests. */
  servers: join(made, "servers"),
  python: join(made, "python"),
  applications: join(made, "applications"),
  yaml: join(made, "yaml"),
  actionlint: join(made, "actionlint"),
  log: join(made, "log"),
  /** What node remembers of the modules that it compiled. */
  compileCache: join(made, "compile-cache"),
  /** Unfinished work; whoever holds the lock may empty it. */
  unfinished: join(made, "unfinished"),
  lock: join(made, "lock"),
  /** What slow questions answered (`pulumi version`), so that they are asked once. */
  answers: join(made, "answers.json"),
};

/**
 * The folder of the local state backend.
 * @param {NodeJS.ProcessEnv} env REDIS_STATE_DIR moves it, for tests and for those who keep state elsewhere
 */
export const stateFolder = (env) => resolve(root, env.REDIS_STATE_DIR ?? ".state");

/** The user's own Pulumi folder: credentials, and plugins that may be there already.
 * @param {NodeJS.ProcessEnv} env
 */
export const usersPulumiHome = (env) => env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");

/** A path as people read it: relative to the clone where it lies in it.
 * @param {string} path
 */
export const readable = (path) => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
