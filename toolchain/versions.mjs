// The pinned versions, and how versions are compared.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";

/** The oldest Node that `@pulumi/pulumi` supports (its package.json, `engines`). */
export const MINIMUM_NODE = "22.0.0";

/** The command line that is downloaded or built, and the oldest one on PATH that is used. */
export const PULUMI = "3.256.0";
export const MINIMUM_PULUMI = "3.200.0";

/** The checker of GitHub's workflows; toolchain/go/actionlint/go.mod names the same. */
export const ACTIONLINT = "1.7.12";

/** The oldest Go that the pinned modules accept (`go` in toolchain/go/*\/go.mod), and the oldest that can fetch a newer one. */
export const MINIMUM_GO = "1.25.11";
export const SELF_UPGRADING_GO = "1.21.0";

/** The image that is built where no registry answers, and the Debian release that has this Redis. */
export const IMAGE = "redis:8.0.2";
export const IMAGE_DEBIAN = "trixie";

/**
 * Further images that can be built where no registry answers: the programs of one Debian release over the image above.
 * Their names are those of the official ones, so that a stack's settings are the same on every machine. The last ones
 * are for applications.
 * @type {Readonly<Record<string, Variant>>}
 */
export const VARIANTS = {
  "redis:7.0.15": {
    debian: "bookworm",
    packages: ["redis-server", "redis-tools"],
    series: "7.0",
    program: "redis-server",
  },
  "valkey/valkey:8.1": {
    debian: "trixie",
    packages: ["valkey-server", "valkey-tools"],
    series: "8.1",
    program: "valkey-server",
  },
  "node:20-slim": { debian: "trixie", packages: ["nodejs"], series: "20", program: "node" },
  "python:3.13-slim": { debian: "trixie", packages: ["python3"], series: "3.13", program: "python3" },
};

/**
 * Servers for the tests that try several, each from the Debian release that has it. The folder's name is the key.
 * @type {Readonly<Record<string, Server>>}
 */
export const SERVERS = {
  "redis-7.0": { debian: "bookworm", packages: ["redis-server", "redis-tools"], series: "7.0" },
  "redis-8.0": { debian: "trixie", packages: ["redis-server", "redis-tools"], series: "8.0" },
  "valkey-8.1": { debian: "trixie", packages: ["valkey-server", "valkey-tools"], series: "8.1" },
  "valkey-9.1": { debian: "forky", packages: ["valkey-server", "valkey-tools"], series: "9.1" },
};

/** @typedef {Pick<Variant, "debian" | "packages" | "series">} Server */

/**
 * @typedef {object} Variant
 * @property {string} debian the release that has it
 * @property {[string, ...string[]]} packages the first one is what the image is for
 * @property {string} series beginning of the version that the first one must have
 * @property {string} program what a container of it runs
 */

/** The plugins of Pulumi that the program uses, under the names that Pulumi gives them. */
export const PLUGINS = /** @type {const} */ (["docker", "random", "tls"]);

/** @typedef {typeof PLUGINS[number]} Plugin */

/**
 * A plugin has its npm package's version, so that the two cannot drift apart.
 * @param {Plugin} plugin
 * @returns {string}
 */
export function pluginVersion(plugin) {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return dependencies[`@pulumi/${plugin}`];
}

/**
 * Whether a version is at least another: "v3.256.0" is at least "3.200". What follows the three numbers
 * (`-dev`, `+dirty`) is ignored; a text without a number is older than everything.
 * @param {string} version
 * @param {string} minimum
 */
export function atLeast(version, minimum) {
  const [is, needed] = [version, minimum].map((text) =>
    (text.match(/\d+(\.\d+)*/)?.[0] ?? "-1").split(".").map(Number),
  );
  for (let i = 0; i < 3; i++) {
    const difference = (is?.[i] ?? 0) - (needed?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
