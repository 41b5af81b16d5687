// actionlint, which checks GitHub's workflows, for one test: the machine's, else the official download, else built.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, which } from "../child.mjs";
import { fetchFile, fetchText, hashIn, Unavailable } from "../download.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { goBuild, goRecipe } from "../go.mjs";
import { paths, readable } from "../paths.mjs";
import { say, step } from "../say.mjs";
import { ACTIONLINT } from "../versions.mjs";

const folder = paths.actionlint;
const program = join(folder, "actionlint");
const official = `official ${ACTIONLINT}`;
const builtStamp = () => stampOf([goRecipe("actionlint")], ACTIONLINT);

/** @param {NodeJS.ProcessEnv} env REDIS_TOOLCHAIN_ACTIONLINT_URL names a mirror of the official releases */
const releases = (env) =>
  env.REDIS_TOOLCHAIN_ACTIONLINT_URL ?? `https://github.com/rhysd/actionlint/releases/download/v${ACTIONLINT}`;

/** The publisher names machines as Go does. */
const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/** @returns {import("../piece.mjs").Found | undefined} */
function ours() {
  const stamp = readIfThere(join(folder, "stamp"));
  if (!existsSync(program) || !(stamp === official || stamp === builtStamp())) return undefined;
  return { summary: readable(program), program, last: [folder] };
}

/**
 * @param {string} target
 * @param {NodeJS.ProcessEnv} env
 * @param {import("../say.mjs").Note} note
 */
export async function download(target, env, note) {
  const archive = `actionlint_${ACTIONLINT}_${platform}.tar.gz`;
  const sha256 = hashIn(await fetchText(`${releases(env)}/actionlint_${ACTIONLINT}_checksums.txt`), archive);
  mkdirSync(target, { recursive: true });
  const file = join(target, archive);
  await fetchFile(`${releases(env)}/${archive}`, file, sha256, note);
  await run("tar", ["-xzf", archive, "actionlint"], { log: "actionlint", cwd: target });
  rmSync(file);
}

/** @param {string} output @param {NodeJS.ProcessEnv} env */
async function build(output, env) {
  await step(`actionlint: building ${ACTIONLINT} from its Go modules`, (note) =>
    goBuild(
      {
        module: "actionlint",
        main: "github.com/rhysd/actionlint/cmd/actionlint",
        output,
        set: { "github.com/rhysd/actionlint.version": ACTIONLINT },
      },
      env,
      note,
    ),
  );
}

/** @type {import("../piece.mjs").Piece} */
export const actionlint = {
  name: "actionlint",
  otherwise: `actionlint ${ACTIONLINT} is downloaded, or built from Go modules, into .toolchain/ (one test only)`,

  async find({ env }) {
    const machines = which("actionlint", env);
    return machines && machines !== program ? { summary: machines, program: machines } : ours();
  },

  async get({ env, offline }) {
    await makeFolder(folder, async (fresh) => {
      const downloaded = join(fresh, "download");
      const got =
        !offline &&
        (await step(`actionlint: downloading ${ACTIONLINT}`, (note) => download(downloaded, env, note)).then(
          () => true,
          (error) => {
            if (!(error instanceof Unavailable)) throw error;
            say(`actionlint: ${error.message}; building it instead`);
            return false;
          },
        ));
      if (got) renameSync(join(downloaded, "actionlint"), join(fresh, "actionlint"));
      else await build(join(fresh, "actionlint"), env);
      rmSync(downloaded, { recursive: true, force: true });
      writeWhole(join(fresh, "stamp"), got ? official : builtStamp());
    });
    return /** @type {import("../piece.mjs").Found} */ (ours());
  },
};
