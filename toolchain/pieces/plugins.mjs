// Pulumi's Docker, random and TLS plugins, in a PULUMI_HOME of the clone's own, and how it starts the policy pack.
//
// A plugin that merely lies on PATH is used too, but with a warning at every run; in PULUMI_HOME it is used
// silently, and it can neither disturb nor be disturbed by what the user has in ~/.pulumi. A plugin that is
// there already is linked, not copied. Only the plugins are ours: credentials stay the user's (pieces/state.mjs).

import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { run } from "../child.mjs";
import { fetchText, officialDownloads, Unavailable } from "../download.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { goBuild, goRecipe } from "../go.mjs";
import { paths, usersPulumiHome } from "../paths.mjs";
import { policyPack, isPolicyPluginThere, makePolicyPlugin } from "../policy-pack.mjs";
import { say, step, Stop } from "../say.mjs";
import { PLUGINS, pluginVersion, PULUMI } from "../versions.mjs";

/** @typedef {import("../versions.mjs").Plugin} Name */

/** For each; they are some 50 MB. */
const DOWNLOAD_MS = 5 * 60_000;

/** @param {Name} name */
const folderName = (name) => `resource-${name}-v${pluginVersion(name)}`;

/** @param {Name} name */
const executable = (name) => `pulumi-resource-${name}`;

/** @param {Name} name */
const builtStamp = (name) => stampOf([goRecipe(name)], pluginVersion(name));

/** @param {string} home @param {Name} name */
const folderIn = (home, name) => join(home, "plugins", folderName(name));

/**
 * Whole and, if it was built here, built by today's recipe.
 * @param {Name} name
 */
function isThere(name) {
  const folder = folderIn(paths.pulumiHome, name);
  if (!existsSync(join(folder, executable(name))) || existsSync(`${folder}.partial`)) return false;
  const stamp = readIfThere(join(folder, "stamp"));
  return stamp === undefined || stamp === builtStamp(name);
}

/** @returns {import("../piece.mjs").Found} */
function summary() {
  const built = PLUGINS.filter((name) => existsSync(join(folderIn(paths.pulumiHome, name), "stamp")));
  const list = PLUGINS.map((name) => `${name} ${pluginVersion(name)}${built.includes(name) ? " (built)" : ""}`);
  const variables = { PULUMI_HOME: paths.pulumiHome, REDIS_POLICY_PACK: policyPack };
  return { summary: list.join(", "), variables };
}

/** @param {Name} name @param {NodeJS.ProcessEnv} env */
async function link(name, env) {
  const theirs = folderIn(usersPulumiHome(env), name);
  if (theirs === folderIn(paths.pulumiHome, name)) return;
  if (!existsSync(join(theirs, executable(name))) || existsSync(`${theirs}.partial`)) return;
  // Pulumi does not look into a folder that is a link itself.
  await makeFolder(folderIn(paths.pulumiHome, name), async (folder) => {
    for (const file of readdirSync(theirs)) symlinkSync(join(theirs, file), join(folder, file));
  });
}

/** @param {Name[]} missing @param {import("../piece.mjs").Context} context */
async function download(missing, { env, found }) {
  const pulumi = found.pulumi?.program ?? "pulumi";
  await step(`plugins: downloading ${missing.join(", ")}`, async (note) => {
    // Pulumi itself waits long for a host that does not answer.
    await fetchText(`${officialDownloads(env)}/pulumi-${PULUMI}-checksums.txt`);
    for (const name of missing) {
      const args = ["plugin", "install", "resource", name, pluginVersion(name)];
      await run(pulumi, args, {
        log: "plugins",
        note,
        timeoutMs: DOWNLOAD_MS,
        env: { ...env, PULUMI_HOME: paths.pulumiHome },
      });
    }
  });
}

/** @param {Name} name @param {NodeJS.ProcessEnv} env */
async function build(name, env) {
  const version = pluginVersion(name);
  await step(`plugins: building ${name} ${version} from its Go modules`, (note) =>
    makeFolder(folderIn(paths.pulumiHome, name), async (folder) => {
      await goBuild(
        { module: name, output: join(folder, executable(name)), set: { "main.version": version } },
        env,
        note,
      );
      writeWhole(join(folder, "stamp"), builtStamp(name));
    }),
  );
}

/** @type {import("../piece.mjs").Piece} */
export const plugins = {
  name: "plugins",
  otherwise: "the docker, random and tls plugins are downloaded by Pulumi, or built from Go modules, into .toolchain/",

  async find() {
    return PLUGINS.every(isThere) && isPolicyPluginThere() ? summary() : undefined;
  },

  async get(context) {
    for (const name of PLUGINS) if (!isThere(name)) await link(name, context.env);
    const missing = PLUGINS.filter((name) => !isThere(name));
    if (missing.length > 0 && !context.offline) {
      await download(missing, context).catch((error) => {
        if (!(error instanceof Unavailable || error instanceof Stop)) throw error;
        say(`plugins: ${error.message}; building them instead`);
      });
    }
    for (const name of PLUGINS) if (!isThere(name)) await build(name, context.env);
    makePolicyPlugin();
    return summary();
  },
};
