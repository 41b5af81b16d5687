// The `pulumi` command line with its Node.js language host: the machine's, else the official download, else built.

import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { run, which } from "../child.mjs";
import { fetchFile, fetchText, hashIn, officialDownloads, Unavailable } from "../download.mjs";
import { makeFolder, readIfThere, readJson, stampOf, writeWhole } from "../files.mjs";
import { goBuild, goRecipe } from "../go.mjs";
import { paths, readable } from "../paths.mjs";
import { say, step } from "../say.mjs";
import { atLeast, MINIMUM_PULUMI, PULUMI } from "../versions.mjs";

const HOST = "pulumi-language-nodejs";
/** Of the examples that are programs in Python and in YAML. */
const EXAMPLES = ["pulumi-language-python", "pulumi-language-python-exec", "pulumi-language-yaml"];
const official = `official ${PULUMI}`;
const builtStamp = () => stampOf([goRecipe("pulumi"), goRecipe("language-nodejs")], PULUMI);

/** @returns {import("../piece.mjs").Found | undefined} */
function ours() {
  const program = join(paths.bin, "pulumi");
  const stamp = readIfThere(join(paths.bin, "stamp"));
  if (!existsSync(program) || !(stamp === official || stamp === builtStamp())) return undefined;
  return {
    summary: `Pulumi ${PULUMI}, ${stamp === official ? "downloaded" : "built"}, ${readable(program)}`,
    program,
    first: [paths.bin],
  };
}

/**
 * The machine's own, if it is new enough and can run Node.js programs.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import("../piece.mjs").Found | undefined>}
 */
async function machines(env) {
  const program = which("pulumi", env);
  if (!program || dirname(program) === paths.bin) return undefined;
  const real = realpathSync(program);
  if (!existsSync(join(dirname(real), HOST)) && !which(HOST, env)) return undefined;
  const version = await versionOf(real, env);
  return atLeast(version, MINIMUM_PULUMI) ? { summary: `Pulumi ${version}, ${program}`, program } : undefined;
}

/** Asking costs a fifth of a second: the answer is kept for as long as the file is the same.
 * @param {string} program @param {NodeJS.ProcessEnv} env
 */
async function versionOf(program, env) {
  const { mtimeMs, size } = statSync(program);
  const key = `${program} ${mtimeMs} ${size}`;
  const answers = readJson(paths.answers) ?? {};
  if (answers[key]) return answers[key];
  const answer = await run(program, ["version"], { log: "pulumi", env, timeoutMs: 10_000 }).catch(() => "");
  const version = answer.trim().replace(/^v/, "");
  if (version) writeWhole(paths.answers, JSON.stringify({ [key]: version }));
  return version;
}

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @param {import("../say.mjs").Note} note
 */
export async function download(folder, env, note) {
  const base = officialDownloads(env);
  const archive = `pulumi-v${PULUMI}-${process.platform}-${process.arch}.tar.gz`;
  const sha256 = hashIn(await fetchText(`${base}/pulumi-${PULUMI}-checksums.txt`), archive);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, archive);
  await fetchFile(`${base}/${archive}`, file, sha256, note);
  await run("tar", ["-xzf", archive, "--strip-components=1"], { log: "pulumi", cwd: folder });
  rmSync(file);
}

/** @param {string} folder @param {NodeJS.ProcessEnv} env */
async function build(folder, env) {
  const sdk = "github.com/pulumi/pulumi/sdk/v3";
  const set = {
    [`${sdk}/go/common/version.Version`]: `v${PULUMI}`,
    "github.com/pulumi/pulumi/pkg/v3/version.Version": `v${PULUMI}`,
  };
  await step("pulumi: building the command line from its Go modules (some minutes the first time)", (note) =>
    goBuild(
      { module: "pulumi", main: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", output: join(folder, "pulumi"), set },
      env,
      note,
    ),
  );
  await step("pulumi: building its Node.js language host", (note) =>
    goBuild(
      { module: "language-nodejs", main: `${sdk}/nodejs/cmd/${HOST}`, output: join(folder, HOST), set },
      env,
      note,
    ),
  );
}

/** @type {import("../piece.mjs").Piece} */
export const pulumi = {
  name: "pulumi",
  otherwise: `Pulumi ${PULUMI} is downloaded, or built from Go modules, into .toolchain/`,

  async find({ env }) {
    return (await machines(env)) ?? ours();
  },

  async get({ env, offline }) {
    await makeFolder(paths.bin, async (folder) => {
      // Downloaded into a folder of its own, so that a broken attempt leaves nothing in what is built then.
      const fresh = join(folder, "download");
      const got =
        !offline &&
        (await step(`pulumi: downloading the official ${PULUMI}`, (note) => download(fresh, env, note)).then(
          () => true,
          (error) => {
            if (!(error instanceof Unavailable)) throw error;
            say(`pulumi: ${error.message}; building it instead`);
            return false;
          },
        ));
      // The archive has the hosts of all languages; these are enough.
      if (got) for (const name of ["pulumi", HOST, ...EXAMPLES]) renameSync(join(fresh, name), join(folder, name));
      else await build(folder, env);
      rmSync(fresh, { recursive: true, force: true });
      writeWhole(join(folder, "stamp"), got ? official : builtStamp());
    });
    return /** @type {import("../piece.mjs").Found} */ (ours());
  },
};
