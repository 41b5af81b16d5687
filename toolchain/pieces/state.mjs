// Where Pulumi keeps its state: the user's own backend if there is one, else files in `.state/`.
//
// A user's backend is one named by PULUMI_BACKEND_URL or PULUMI_ACCESS_TOKEN, or one logged in to. It is used
// as it is, with whatever secrets provider its stacks have. Otherwise the state lies in the clone, encrypted with
// a passphrase that is generated once; both are precious and neither is in `.toolchain/`.

import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readJson } from "../files.mjs";
import { readable, stateFolder, usersPulumiHome } from "../paths.mjs";
import { Stop } from "../say.mjs";

/** @param {NodeJS.ProcessEnv} env @returns {import("../piece.mjs").Found | undefined} */
function usersOwn(env) {
  // Plugins come from a home of ours; who is logged in where stays in the user's.
  const folder = env.PULUMI_CREDENTIALS_PATH || usersPulumiHome(env);
  const credentials = readJson(join(folder, "credentials.json"));
  const variables = credentials ? { PULUMI_CREDENTIALS_PATH: folder } : undefined;
  if (env.REDIS_STATE_DIR) return undefined;
  if (env.PULUMI_BACKEND_URL) return { summary: "the backend that PULUMI_BACKEND_URL names", variables };
  if (env.PULUMI_ACCESS_TOKEN) return { summary: "the backend of PULUMI_ACCESS_TOKEN", variables };
  if (credentials?.current)
    return { summary: `the backend logged in to, ${withoutPassword(credentials.current)}`, variables };
  return undefined;
}

/** @param {string} url */
const withoutPassword = (url) => url.replace(/\/\/[^/@]*@/, "//");

/** The backend in the clone. @param {NodeJS.ProcessEnv} env */
export const localUrl = (env) => pathToFileURL(stateFolder(env)).href;

/** @param {NodeJS.ProcessEnv} env */
const hasPassphrase = (env) => Boolean(env.PULUMI_CONFIG_PASSPHRASE || env.PULUMI_CONFIG_PASSPHRASE_FILE);

/** @param {NodeJS.ProcessEnv} env @returns {import("../piece.mjs").Found} */
function local(env) {
  const folder = stateFolder(env);
  return {
    summary: `files in ${readable(folder)}/`,
    variables: {
      PULUMI_BACKEND_URL: localUrl(env),
      // The passphrase's salt is taken from the state, so that it need not be in Pulumi.<stack>.yaml (stack-files.mjs).
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      ...(hasPassphrase(env) ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase") }),
    },
  };
}

/** @type {import("../piece.mjs").Piece} */
export const state = {
  name: "state",
  otherwise: "a local backend is made in .state/, with a generated passphrase",

  async find({ env }) {
    const own = usersOwn(env);
    if (own) return own;
    const passphrase = hasPassphrase(env) || existsSync(join(stateFolder(env), "passphrase"));
    return passphrase && existsSync(stateFolder(env)) ? local(env) : undefined;
  },

  async get({ env }) {
    const folder = stateFolder(env);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (hasPassphrase(env)) return local(env);
    const file = join(folder, "passphrase");
    if (existsSync(join(folder, ".pulumi", "stacks"))) {
      throw new Stop(
        `state: ${readable(folder)}/ holds stacks, but the passphrase that encrypts them is gone; ` +
          `put it back into ${readable(file)}, or set PULUMI_CONFIG_PASSPHRASE.`,
      );
    }
    // "wx": the file must not exist; a passphrase that is in use is never overwritten.
    const descriptor = openSync(file, "wx", 0o600);
    writeSync(descriptor, randomBytes(24).toString("base64url"));
    closeSync(descriptor);
    return local(env);
  },
};
