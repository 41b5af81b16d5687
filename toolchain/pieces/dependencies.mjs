// The program's npm packages, exactly those of package-lock.json.
//
// npm leaves a copy of the lock file of what it installed, as its last act. Comparing the two recognises an
// installation that somebody else made, and does not take an interrupted one for whole.

import { join } from "node:path";
import { environment } from "../environment.mjs";
import { readJson } from "../files.mjs";
import { npmInstall } from "../npm.mjs";
import { root } from "../paths.mjs";
import { step } from "../say.mjs";

/** @typedef {{ packages?: Record<string, { version?: string, optional?: boolean }> }} Lock */

/**
 * @param {Lock | undefined} wanted
 * @param {Lock | undefined} installed
 */
export function isInstalled(wanted, installed) {
  if (!wanted?.packages || !installed?.packages) return false;
  // Optional ones depend on the platform: npm knows which to leave out.
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) => path === "" || optional || installed.packages?.[path]?.version === version,
  );
}

/** @type {import("../piece.mjs").Piece} */
export const dependencies = {
  name: "dependencies",
  otherwise: "npm ci",

  async find() {
    const wanted = readJson(join(root, "package-lock.json"));
    if (!isInstalled(wanted, readJson(join(root, "node_modules/.package-lock.json")))) return undefined;
    return { summary: `${Object.keys(wanted.packages).length - 1} npm packages as in package-lock.json` };
  },

  async get({ env, found }) {
    await step("dependencies: installing the npm packages of package-lock.json", (note) =>
      npmInstall(root, environment(env, found.node ? [found.node] : []), { log: "dependencies", note }),
    );
    return { summary: "npm packages as in package-lock.json" };
  },
};
