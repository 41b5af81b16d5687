// Python with redis-py, for the one test that runs the Python example.
//
// redis-py is pinned with its hashes by toolchain/python/requirements.txt and lies in a folder of its own
// (`pip install --target`): a virtual environment needs python3-venv, which a bare Debian does not have.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { run, which } from "../child.mjs";
import { commandFolder, getTool } from "../debs.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { paths, readable, recipes } from "../paths.mjs";
import { step } from "../say.mjs";

const requirements = join(recipes, "python", "requirements.txt");
const program = join(paths.python, "bin", "python3-with-redis");

/** @returns {import("../piece.mjs").Found | undefined} */
function ours() {
  if (!existsSync(program) || readIfThere(join(paths.python, "stamp")) !== stampOf([requirements])) return undefined;
  return {
    summary: `Python with redis-py, ${readable(program)}`,
    program,
    variables: { REDIS_EXAMPLE_PYTHON: program },
  };
}

/**
 * A Python that can install packages: the machine's, else Debian's, unpacked.
 * @param {NodeJS.ProcessEnv} env
 * @param {import("../say.mjs").Note} note
 */
async function withPip(env, note) {
  for (const python of [which("python3", env), which("python3", { PATH: "/usr/bin" })]) {
    if (!python) continue;
    const pip = await run(python, ["-m", "pip", "--version"], { log: "python", env }).catch(() => undefined);
    if (pip) return python;
  }
  await getTool({ name: "python-pip", packages: ["python3", "python3-pip"], commands: ["python3", "pip3"] }, env, note);
  return undefined;
}

/** @type {import("../piece.mjs").Piece} */
export const python = {
  name: "python",
  otherwise: "redis-py is got from PyPI into .toolchain/ (one test only)",

  async find() {
    return ours();
  },

  async get({ env }) {
    await step("python: getting redis-py from PyPI", (note) =>
      makeFolder(paths.python, async (folder) => {
        const own = await withPip(env, note);
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
        await run(pip[0] ?? "", [...pip.slice(1), ...args], {
          log: "python",
          note,
          env: { ...env, PIP_ROOT_USER_ACTION: "ignore" },
        });
        const interpreter = own ?? join(commandFolder, "python3");
        const script = [
          "#!/bin/sh",
          `export PYTHONPATH='${join(paths.python, "packages")}'`,
          `exec '${interpreter}' "$@"`,
          "",
        ].join("\n");
        writeWhole(join(folder, "bin", "python3-with-redis"), script, 0o755);
        writeWhole(join(folder, "stamp"), stampOf([requirements]));
      }),
    );
    return /** @type {import("../piece.mjs").Found} */ (ours());
  },
};
