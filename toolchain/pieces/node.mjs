// The Node that runs the program: ours if it is new enough, else the one in an npm package.
//
// npm brings Node's binary as an ordinary package, pinned with its hash by toolchain/node/package-lock.json.

import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { paths, readable, recipes } from "../paths.mjs";
import { step, Stop } from "../say.mjs";
import { atLeast, MINIMUM_NODE } from "../versions.mjs";
import { npmInstall } from "../npm.mjs";

const recipe = join(recipes, "node");
const packaged = `node_modules/node-${process.platform}-${process.arch}/bin/node`;

/** @returns {import("../piece.mjs").Found | undefined} */
function built() {
  const program = join(paths.node, packaged);
  if (!existsSync(program) || readIfThere(join(paths.node, "stamp")) !== stampOf([recipe])) return undefined;
  return {
    summary: `Node ${MINIMUM_NODE.split(".")[0]} from npm, ${readable(program)}`,
    program,
    first: [dirname(program)],
  };
}

/** @type {import("../piece.mjs").Piece} */
export const node = {
  name: "node",
  otherwise: `Node ${MINIMUM_NODE} or newer is got from npm, into .toolchain/`,

  async find() {
    if (!atLeast(process.versions.node, MINIMUM_NODE)) return built();
    return {
      summary: `Node ${process.versions.node}, ${process.execPath}`,
      program: process.execPath,
      first: [dirname(process.execPath)],
    };
  },

  async get(context) {
    await step(
      `node: getting a newer one from npm (this is ${process.versions.node}, Pulumi needs ${MINIMUM_NODE})`,
      (note) =>
        makeFolder(paths.node, async (folder) => {
          for (const name of ["package.json", "package-lock.json"])
            copyFileSync(join(recipe, name), join(folder, name));
          await npmInstall(folder, context.env, { log: "node", note });
          if (!existsSync(join(folder, packaged))) {
            throw new Stop(
              `node: npm has no Node for ${process.platform}-${process.arch}; install Node ${MINIMUM_NODE} or newer and start again with it.`,
            );
          }
          writeWhole(join(folder, "stamp"), stampOf([recipe]));
        }),
    );
    return /** @type {import("../piece.mjs").Found} */ (built());
  },
};
