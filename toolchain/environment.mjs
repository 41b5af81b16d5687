// The environment of the real command, made from what the pieces add to the one we were started with.

import { delimiter } from "node:path";
import { paths } from "./paths.mjs";

/**
 * @param {NodeJS.ProcessEnv} base
 * @param {Iterable<import("./piece.mjs").Found>} pieces
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(base, pieces) {
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...base,
    // Asking for the newest version costs seconds where the host does not answer.
    PULUMI_SKIP_UPDATE_CHECK: base.PULUMI_SKIP_UPDATE_CHECK ?? "1",
    // Half of what a small update costs is node compiling Pulumi's SDK.
    NODE_COMPILE_CACHE: base.NODE_COMPILE_CACHE ?? paths.compileCache,
  };
  /** @type {string[]} */
  const first = [];
  /** @type {string[]} */
  const last = [];
  for (const piece of pieces) {
    first.push(...(piece.first ?? []));
    last.push(...(piece.last ?? []));
    Object.assign(env, piece.variables);
  }
  const machine = (base.PATH ?? "").split(delimiter).filter(Boolean);
  env.PATH = [...new Set([...first, ...machine, ...last])].join(delimiter);
  return env;
}
