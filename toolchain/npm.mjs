// `npm ci`, quietly; what only developers of a package need is the whole of it here, whatever NODE_ENV says.

import { run } from "./child.mjs";

/**
 * @param {string} folder where package.json and package-lock.json are
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./child.mjs").RunOptions} options
 */
export function npmInstall(folder, env, options) {
  // Under `npm run`, npm tells its children which npm it is; its own variables about the project must not reach another one.
  const clean = Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^npm_(package|lifecycle)_|^npm_config_(local_prefix|prefix|global)$/.test(name),
    ),
  );
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const [command, first] = env.npm_execpath?.endsWith(".js") ? [process.execPath, [env.npm_execpath]] : ["npm", []];
  return run(command, [...first, ...args], { ...options, cwd: folder, env: clean });
}
