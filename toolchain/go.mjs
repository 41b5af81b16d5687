// Builds one of the Go modules under toolchain/go, whose versions and hashes are pinned by go.mod and go.sum.

import { join } from "node:path";
import { run, which } from "./child.mjs";
import { recipes } from "./paths.mjs";
import { Stop } from "./say.mjs";
import { atLeast, MINIMUM_GO, SELF_UPGRADING_GO } from "./versions.mjs";

/** @param {string} module */
export const goRecipe = (module) => join(recipes, "go", module);

/** @param {NodeJS.ProcessEnv} env */
export const goProgram = (env) => which("go", env, ["/usr/local/go/bin", "/usr/lib/go/bin"]);

/**
 * @param {object} build
 * @param {string} build.module the folder under toolchain/go
 * @param {string} [build.main] the package to build, where it is not the module's own
 * @param {string} build.output
 * @param {Record<string, string>} build.set variables the linker sets, with their values
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
export async function goBuild({ module, main = ".", output, set }, env, note) {
  const go = goProgram(env);
  const needed = `Go ${MINIMUM_GO} or newer`;
  if (!go)
    throw new Stop(
      `${module}: cannot be built, Go is not installed; install ${needed} (or, with internet access, start again without --offline).`,
    );
  const version =
    (await run(go, ["version"], { log: module, env: { ...env, GOTOOLCHAIN: "local" } })).match(/go(\d[\d.]*)/)?.[1] ??
    "0";
  if (!atLeast(version, SELF_UPGRADING_GO))
    throw new Stop(`${module}: cannot be built with ${go} (${version}); install ${needed}.`);

  // -s -w leaves debug information out: a quarter less to link and to load.
  const ldflags = ["-s", "-w", ...Object.entries(set).flatMap(([name, value]) => ["-X", `${name}=${value}`])].join(" ");
  await run(go, ["build", "-v", "-buildvcs=false", "-ldflags", ldflags, "-o", output, main], {
    log: module,
    note,
    cwd: goRecipe(module),
    // Without C: no compiler needed, and the result runs with any C library.
    // An older Go fetches the one it needs through the module proxy, checked like any module.
    env: { ...env, CGO_ENABLED: "0", ...(atLeast(version, MINIMUM_GO) ? {} : { GOTOOLCHAIN: "auto" }) },
  });
}
