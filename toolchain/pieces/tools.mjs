// Programs that only tests and benchmarks need: the machine's, else Debian's packages, unpacked but not installed.

import { dirname } from "node:path";
import { commandFolder, findCommand, getTool } from "../debs.mjs";
import { readable } from "../paths.mjs";
import { step } from "../say.mjs";

/**
 * @param {import("../piece.mjs").PieceName} name
 * @param {string[]} packages
 * @param {string[]} commands
 * @returns {import("../piece.mjs").Piece}
 */
function tool(name, packages, commands) {
  /** @type {import("../piece.mjs").Piece["find"]} */
  const find = async ({ env }) => {
    const programs = commands.map((command) => findCommand(command, env));
    if (!programs.every((program) => program !== undefined)) return undefined;
    const last = [...new Set(programs.map(dirname))];
    return { summary: programs.map(readable).join(", "), last: last.includes(commandFolder) ? [commandFolder] : [] };
  };
  return {
    name,
    otherwise: `Debian's ${packages.join(", ")} is unpacked into .toolchain/ (tests and benchmarks only)`,
    find,
    async get(context) {
      await step(`${name}: getting Debian's ${packages.join(", ")} (unpacked, not installed)`, (note) =>
        getTool({ name, packages, commands }, context.env, note),
      );
      return /** @type {import("../piece.mjs").Found} */ (await find(context));
    },
  };
}

export const redis = tool(
  "redis",
  ["redis-server", "redis-sentinel", "redis-tools"],
  ["redis-server", "redis-sentinel", "redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb"],
);
export const shellcheck = tool("shellcheck", ["shellcheck"], ["shellcheck"]);
export const busybox = tool("busybox", ["busybox-static"], ["busybox"]);
/** For the small module that the tests load into servers. */
export const compiler = tool("compiler", ["gcc"], ["gcc"]);
export const compose = tool("compose", ["docker-compose"], ["docker-compose"]);
