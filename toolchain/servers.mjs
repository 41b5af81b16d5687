// Servers of several versions, each with the libraries of its own Debian release, down to the C library: so a newer one
// runs on an older machine, and all of them side by side.

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./child.mjs";
import { debianMirror, downloadFor } from "./debs.mjs";
import { makeFolder, readIfThere, writeWhole } from "./files.mjs";
import { paths } from "./paths.mjs";
import { Stop } from "./say.mjs";

/** @typedef {import("./versions.mjs").Server} Server */

/** @param {string} name */
const folderOf = (name) => join(paths.servers, name);

/** The folder with its commands, to be the first on a PATH. @param {string} name */
export const serverCommands = (name) => join(folderOf(name), "bin");

/** @param {string} name @param {Server} server */
export const hasServer = (name, server) => readIfThere(join(folderOf(name), "stamp")) === JSON.stringify(server);

/**
 * Downloads and unpacks one, whole or not at all.
 * @param {string} name
 * @param {Server} server
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
export async function getServer(name, server, env, note) {
  const { debian: release, packages, series } = server;
  const quiet = { log: "servers", note, env: { ...env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } };
  const mirror = await debianMirror(quiet);
  if (!mirror) {
    throw new Stop(
      `servers: apt's sources name no Debian mirror to get ${packages.join(", ")} of Debian ${release} from; the tests that try several servers cannot run on this machine.`,
    );
  }
  await makeFolder(folderOf(name), async (fresh) => {
    const [apt, tree] = [join(fresh, "apt"), join(fresh, "tree")];
    mkdirSync(tree);
    // Nothing is installed there: everything comes along.
    for (const archive of await downloadFor({ packages, release, mirror, status: "" }, apt, quiet)) {
      const [is, version] = (await run("dpkg-deb", ["-W", "--showformat=${Package}\n${Version}", archive], quiet))
        .trim()
        .split("\n");
      const number = version?.replace(/^\d+:/, "");
      if (is === packages[0] && !number?.startsWith(`${series}.`)) {
        throw new Stop(
          `servers: Debian ${release} has ${is} ${number} by now, not ${series}; name another in toolchain/versions.mjs.`,
        );
      }
      await run("dpkg-deb", ["-x", archive, tree], quiet);
    }
    rmSync(apt, { recursive: true });
    keepWhatRuns(tree);
    writeCommands(tree, join(fresh, "bin"));
    writeWhole(join(fresh, "stamp"), JSON.stringify(server));
  });
}

/** @param {string} tree */
function keepWhatRuns(tree) {
  for (const path of ["etc", "var", "usr/share", "usr/sbin", "sbin"]) {
    rmSync(join(tree, path), { recursive: true, force: true });
  }
}

/**
 * A script for each command that starts it with the loader and the libraries of its tree. Valkey's go by Redis's names as
 * well (as its package valkey-compat-redis has it), so that a Redis on the machine's PATH is never taken in its place.
 * @param {string} tree
 * @param {string} bin
 */
function writeCommands(tree, bin) {
  /** @param {string} path in the tree, which lies beside the scripts, wherever the clone is moved to */
  const placed = (path) => `"\${0%/*}/../tree/${path}"`;
  const loader = filesIn(tree, ["lib64", "usr/lib64"]).find((path) => /\/ld-linux[^/]*\.so\.\d+$/.test(path)) ?? "";
  const libraries = filesIn(tree, ["", "usr"])
    .filter((path) => path.endsWith("/lib") || path === "lib")
    .flatMap((lib) => [lib, ...filesIn(tree, [lib]).filter((path) => /-linux-gnu\w*$/.test(path))]);
  for (const path of filesIn(tree, ["usr/bin"]).filter((file) => /\/(redis|valkey)-[^/]*$/.test(file))) {
    const program = basename(path);
    const text = [
      "#!/bin/sh",
      `# ${program} from Debian's packages, unpacked by toolchain/servers.mjs.`,
      `exec ${placed(loader)} --library-path ${libraries.map(placed).join(":")} ${placed(path)} "$@"`,
    ];
    for (const command of new Set([program, program.replace("valkey-", "redis-")])) {
      writeWhole(join(bin, command), `${text.join("\n")}\n`, 0o755);
    }
  }
}

/** Paths of what is in some of a tree's folders. @param {string} tree @param {string[]} folders */
const filesIn = (tree, folders) =>
  folders
    .filter((folder) => existsSync(join(tree, folder)))
    .flatMap((folder) => readdirSync(join(tree, folder)).map((file) => join(folder, file)));
