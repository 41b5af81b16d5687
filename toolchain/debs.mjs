// Programs from Debian packages, unpacked under `.toolchain/debs/` instead of installed.
//
// apt works out which packages are missing and downloads them (signed, as always), with its lists and caches in
// folders of ours, so that nothing on the machine changes. A small script for each command sets the paths that
// an unpacked program needs.

import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run, which } from "./child.mjs";
import { makeFolder, writeWhole } from "./files.mjs";
import { paths } from "./paths.mjs";
import { Stop } from "./say.mjs";

/** @typedef {{ name: string, packages: string[], commands: string[] }} Tool */

const apt = join(paths.debs, "apt");

/** Where the commands are. */
export const commandFolder = join(paths.debs, "bin");

/** Machine's own commands first: what is installed is used.
 * @param {string} command @param {NodeJS.ProcessEnv} env
 */
export const findCommand = (command, env) => which(command, env, ["/usr/sbin", "/sbin", commandFolder]);

const DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

const machinesLists = "/var/lib/apt/lists";
const ownLists = join(apt, "lists");

/** @param {string} lists */
const hasLists = (lists) => existsSync(lists) && readdirSync(lists).some((name) => name.includes("_Packages"));

/** @param {string} lists */
const options = (lists) =>
  [`Dir::State::lists=${lists}`, `Dir::Cache=${apt}/cache`, "Debug::NoLocking=1", "APT::Sandbox::User=root"].flatMap(
    (option) => ["-o", option],
  );

/** @param {import("./child.mjs").RunOptions} quiet */
async function updateOwnLists(quiet) {
  for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, folder), { recursive: true });
  await run("apt-get", ["update", ...options(ownLists)], quiet);
}

/**
 * The Debian mirror in the machine's own apt sources, if there is one.
 * @param {import("./child.mjs").RunOptions} quiet
 */
export async function debianMirror(quiet) {
  // Without lists, apt does not know whose mirror is whose.
  if (!hasLists(machinesLists) && !hasLists(ownLists)) await updateOwnLists(quiet);
  const lists = hasLists(machinesLists) ? machinesLists : ownLists;
  const format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
  const listed = await run("apt-get", ["indextargets", "--format", format, ...options(lists)], quiet);
  return listed
    .split("\n")
    .find((line) => line.startsWith("Debian|Debian|"))
    ?.split("|")[2];
}

/**
 * Downloads and unpacks a tool, whole or not at all.
 * @param {Tool} tool
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
export async function getTool({ name, packages, commands }, env, note) {
  if (!which("apt-get", env)) {
    throw new Stop(
      `${name}: ${commands.join(", ")} missing, and this machine has no apt-get to get ${packages.join(", ")}; install ${packages.join(" ")} by hand.`,
    );
  }
  const quiet = { log: name, note, env: { ...env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } };
  await makeFolder(join(paths.debs, name), async (folder) => {
    const archives = join(folder, "archives");
    await download(packages, archives, quiet);
    const files = readdirSync(archives).filter((file) => file.endsWith(".deb"));
    for (const file of files) await run("dpkg-deb", ["-x", join(archives, file), folder], quiet);
    await run("rm", ["-r", archives], quiet);
  });
  for (const command of commands) writeWrapper(name, command, env);
}

/**
 * Downloads what packages of one Debian release need beside those that a root file system has already.
 *
 * apt is given that system's list of packages instead of this machine's, so what it leaves out is known to fit.
 * @param {object} wanted
 * @param {string[]} wanted.packages
 * @param {string} wanted.release
 * @param {string} wanted.mirror
 * @param {string} wanted.status text of that system's /var/lib/dpkg/status
 * @param {string} folder for the packages and all that apt needs meanwhile
 * @param {import("./child.mjs").RunOptions} quiet
 * @returns {Promise<string[]>} the packages' files
 */
export async function downloadFor({ packages, release, mirror, status }, folder, quiet) {
  const archives = join(folder, "archives");
  for (const path of ["lists/partial", "cache", "archives/partial"]) mkdirSync(join(folder, path), { recursive: true });
  writeWhole(join(folder, "status"), status);
  writeWhole(join(folder, "sources.list"), `deb [signed-by=${DEBIAN_KEYS}] ${mirror} ${release} main\n`);
  const own = [
    `Dir::State::status=${folder}/status`,
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    `Dir::Cache::archives=${archives}`,
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    "Dir::Etc::preferencesparts=/dev/null",
    "Acquire::Languages=none",
    "Debug::NoLocking=1",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  await run("apt-get", ["update", ...own], quiet);
  await run("apt-get", ["install", "-y", "--download-only", "--no-install-recommends", ...own, ...packages], quiet);
  return readdirSync(archives)
    .filter((file) => file.endsWith(".deb"))
    .map((file) => join(archives, file));
}

/**
 * @param {string[]} packages
 * @param {string} archives
 * @param {import("./child.mjs").RunOptions} quiet
 */
async function download(packages, archives, quiet) {
  mkdirSync(join(archives, "partial"), { recursive: true });
  const words = [
    "install",
    "-y",
    "--download-only",
    "--no-install-recommends",
    "-o",
    `Dir::Cache::archives=${archives}`,
  ];
  /** @param {string} lists */
  const install = (lists) => run("apt-get", [...words, ...options(lists), ...packages], quiet);
  for (const lists of [machinesLists, ownLists].filter(hasLists)) {
    // Lists that are out of date name packages that the mirror no longer has: the next ones then.
    if (await install(lists).catch(() => false)) return;
  }
  await updateOwnLists(quiet);
  await install(ownLists);
}

/**
 * A script in commandFolder that runs an unpacked command.
 * @param {string} name
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 */
function writeWrapper(name, command, env) {
  const tree = join(paths.debs, name);
  const program = ["usr/bin", "usr/sbin", "bin", "sbin"]
    .map((folder) => join(tree, folder, command))
    .find((path) => existsSync(path));
  if (!program) throw new Stop(`${name}: its packages have no command ${command}; see .toolchain/log/${name}.log.`);

  const script = readFileSync(program, { encoding: "latin1" })
    .slice(0, 64)
    .match(/^#!.*python3/);
  const python = script
    ? [which("python3", { PATH: `${join(tree, "usr/bin")}:/usr/bin` }) ?? which("python3", env) ?? "python3"]
    : [];
  const triplet = readdirSync(join("/usr/lib")).find((entry) => /^\w+-linux-gnu\w*$/.test(entry)) ?? "";
  const libraries = ["usr/lib", "lib"].flatMap((folder) => [join(tree, folder, triplet), join(tree, folder)]);
  const words = [...python, program].map((word) => `'${word}'`).join(" ");
  const text = [
    "#!/bin/sh",
    `# ${command} from Debian's packages, unpacked by toolchain/debs.mjs.`,
    `export LD_LIBRARY_PATH='${libraries.join(":")}'"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    ...(script
      ? [`export PYTHONPATH='${join(tree, "usr/lib/python3/dist-packages")}'"\${PYTHONPATH:+:$PYTHONPATH}"`]
      : []),
    `exec ${words} "$@"`,
  ];
  writeWhole(join(commandFolder, command), `${text.join("\n")}\n`, 0o755);
}
