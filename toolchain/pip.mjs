// Python packages, pinned with their hashes, in a folder of their own beside an interpreter that sees them
// (`pip install --target`): a virtual environment needs python3-venv, which a bare Debian does not have.

import { join } from "node:path";
import { run, which } from "./child.mjs";
import { commandFolder, getTool } from "./debs.mjs";
import { writeWhole } from "./files.mjs";

/**
 * A Python that can install packages: the machine's, else Debian's, unpacked.
 * @param {string} log
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
async function withPip(log, env, note) {
  for (const python of [which("python3", env), which("python3", { PATH: "/usr/bin" })]) {
    if (!python) continue;
    const pip = await run(python, ["-m", "pip", "--version"], { log, env }).catch(() => undefined);
    if (pip) return python;
  }
  await getTool({ name: "python-pip", packages: ["python3", "python3-pip"], commands: ["python3", "pip3"] }, env, note);
  return undefined;
}

/**
 * Fills a folder with the packages and with `bin/python3`.
 * @param {object} what
 * @param {string} what.requirements
 * @param {string} what.folder where they are put now
 * @param {string} what.place where that folder will be when it is whole
 * @param {NodeJS.ProcessEnv} env
 * @param {{ log: string, note: import("./say.mjs").Note }} options
 */
export async function pipInstall({ requirements, folder, place }, env, { log, note }) {
  const own = await withPip(log, env, note);
  const pip = own ? [own, "-m", "pip"] : [join(commandFolder, "pip3")];
  const args = [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--require-hashes",
    "--no-deps",
    "--target",
    join(folder, "packages"),
    "-r",
    requirements,
  ];
  // pip writes nothing outside the target, but may grumble about running as root.
  await run(pip[0] ?? "", [...pip.slice(1), ...args], { log, note, env: { ...env, PIP_ROOT_USER_ACTION: "ignore" } });
  const interpreter = own ?? join(commandFolder, "python3");
  const script = ["#!/bin/sh", `export PYTHONPATH='${join(place, "packages")}'`, `exec '${interpreter}' "$@"`, ""].join(
    "\n",
  );
  writeWhole(join(folder, "bin", "python3"), script, 0o755);
}
