// Python with redis-py, Pulumi's SDK and its Python language host, for the tests that run the examples in Python.
//
// The packages are pinned with their hashes by toolchain/python/requirements.txt. The language host is the one beside
// `pulumi`, or is built from the same Go module as the Node.js one.

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { run, which } from "../child.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { goBuild, goProgram, goRecipe } from "../go.mjs";
import { pipInstall } from "../pip.mjs";
import { paths, readable, recipes } from "../paths.mjs";
import { step } from "../say.mjs";

const requirements = join(recipes, "python", "requirements.txt");
const program = join(paths.python, "bin", "python3");

const HOST = "pulumi-language-python";
const SDK = "github.com/pulumi/pulumi/sdk/v3";
const recipe = goRecipe("language-python");
const stamp = () => stampOf([requirements, recipe]);

/** @returns {import("../piece.mjs").Found | undefined} */
function ours() {
  if (!existsSync(program) || readIfThere(join(paths.python, "stamp")) !== stamp()) return undefined;
  return {
    summary: `Python with redis-py and Pulumi, ${readable(program)}`,
    program,
    variables: { REDIS_EXAMPLE_PYTHON: program },
  };
}

/**
 * The language host and its script beside the interpreter, unless they come with the machine's `pulumi`.
 * @param {string} folder
 * @param {import("../piece.mjs").Context} context
 * @param {import("../say.mjs").Note} note
 */
async function languageHost(folder, { env, found }, note) {
  const beside = found.pulumi?.program && existsSync(join(dirname(realpathSync(found.pulumi.program)), HOST));
  if (beside || which(HOST, env)) return;
  await goBuild(
    { module: "language-python", main: `${SDK}/python/cmd/${HOST}`, output: join(folder, HOST), set: {} },
    env,
    note,
  );
  const source = await run(goProgram(env) ?? "go", ["list", "-m", "-f", "{{.Dir}}", SDK], {
    log: "python",
    cwd: recipe,
    env,
  });
  writeWhole(
    join(folder, `${HOST}-exec`),
    readFileSync(join(source.trim(), "python", "cmd", `${HOST}-exec`), "utf8"),
    0o755,
  );
}

/** @type {import("../piece.mjs").Piece} */
export const python = {
  name: "python",
  otherwise: "redis-py and Pulumi's SDK are got from PyPI into .toolchain/ (tests only)",

  async find() {
    return ours();
  },

  async get(context) {
    const { env } = context;
    await step("python: getting redis-py and Pulumi's SDK from PyPI", (note) =>
      makeFolder(paths.python, async (folder) => {
        await pipInstall({ requirements, folder, place: paths.python }, env, { log: "python", note });
        await languageHost(join(folder, "bin"), context, note);
        writeWhole(join(folder, "stamp"), stamp());
      }),
    );
    return /** @type {import("../piece.mjs").Found} */ (ours());
  },
};
