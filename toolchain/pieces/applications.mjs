// The libraries of the applications in test/applications: queues, workers, caches, in Node.js and in Python.
//
// Pinned by toolchain/applications, and in a folder of their own: nothing of the program may come to depend on them.

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../environment.mjs";
import { makeFolder, readIfThere, stampOf, writeWhole } from "../files.mjs";
import { npmInstall } from "../npm.mjs";
import { pipInstall } from "../pip.mjs";
import { paths, readable, recipes } from "../paths.mjs";
import { step } from "../say.mjs";

const recipe = join(recipes, "applications");
const stamp = () => stampOf([recipe]);

/** @returns {import("../piece.mjs").Found | undefined} */
function ours() {
  if (!existsSync(paths.applications) || readIfThere(join(paths.applications, "stamp")) !== stamp()) return undefined;
  return {
    summary: `libraries of applications, ${readable(paths.applications)}`,
    variables: { REDIS_APPLICATIONS: paths.applications },
  };
}

/** @type {import("../piece.mjs").Piece} */
export const applications = {
  name: "applications",
  otherwise: "BullMQ, node-redis, Celery, RQ and django-redis are got from npm and PyPI into .toolchain/ (tests only)",

  async find() {
    return ours();
  },

  async get({ env, found }) {
    await step("applications: getting the libraries of the tests' applications from npm and PyPI", (note) =>
      makeFolder(paths.applications, async (folder) => {
        for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(recipe, name), join(folder, name));
        const log = "applications";
        await npmInstall(folder, environment(env, found.node ? [found.node] : []), { log, note });
        const requirements = join(recipe, "requirements.txt");
        await pipInstall({ requirements, folder, place: paths.applications }, env, { log, note });
        writeWhole(join(folder, "stamp"), stamp());
      }),
    );
    return /** @type {import("../piece.mjs").Found} */ (ours());
  },
};
