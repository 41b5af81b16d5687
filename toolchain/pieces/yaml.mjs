// Pulumi's YAML language host, for the test of the example without any code: the one beside `pulumi`, else the
// machine's, else built.

import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { which } from "../child.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { goBuild, goRecipe } from "../go.mjs";
import { paths, readable } from "../paths.mjs";
import { step } from "../say.mjs";

const HOST = "pulumi-language-yaml";
const program = join(paths.yaml, HOST);
const builtStamp = () => stampOf([goRecipe("language-yaml")]);

/** @type {import("../piece.mjs").Piece} */
export const yaml = {
  name: "yaml",
  otherwise: "Pulumi's YAML language host is built from its Go module into .toolchain/ (one test only)",

  async find({ env, found }) {
    const pulumi = found.pulumi?.program;
    const beside = pulumi && join(dirname(realpathSync(pulumi)), HOST);
    if (beside && existsSync(beside)) return { summary: `YAML language host, ${readable(beside)}` };
    if (existsSync(program) && readIfThere(join(paths.yaml, "stamp")) === builtStamp())
      return { summary: `YAML language host, built, ${readable(program)}`, program, last: [paths.yaml] };
    const machines = which(HOST, env);
    return machines && dirname(machines) !== paths.yaml
      ? { summary: `YAML language host, ${machines}`, program: machines }
      : undefined;
  },

  async get(context) {
    await step("yaml: building Pulumi's YAML language host from its Go module", (note) =>
      makeFolder(paths.yaml, async (folder) => {
        const main = `github.com/pulumi/pulumi-yaml/cmd/${HOST}`;
        await goBuild({ module: "language-yaml", main, output: join(folder, HOST), set: {} }, context.env, note);
        writeWhole(join(folder, "stamp"), builtStamp());
      }),
    );
    return /** @type {import("../piece.mjs").Found} */ (await yaml.find(context));
  },
};
