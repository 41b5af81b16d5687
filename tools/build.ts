import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm run build`: what the npm package has in `dist/`. Nobody compiles TypeScript inside `node_modules`, so it is
 * JavaScript and declarations; the scripts that run in the containers lie beside it, as `node/program.ts` reads them.
 */

const root = join(__dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
});

const scripts = readdirSync(join(root, "node")).filter((name) => name.endsWith(".sh"));
mkdirSync(join(dist, "node"), { recursive: true });
scripts.forEach((name) => copyFileSync(join(root, "node", name), join(dist, "node", name)));
