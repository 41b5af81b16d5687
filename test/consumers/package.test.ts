import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { leftovers } from "../support/engine";
import { expectSuccess, run, type Ended } from "../support/pulumiProject";

const root = join(__dirname, "..", "..");

/** What `npm pack --json` says of a package. */
interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** The package as `npm pack` makes it, installed in an empty project beside a program that uses it. */
describe("the npm package", () => {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-packed-"));
  const state = mkdtempSync(join(tmpdir(), "redis-on-docker-packed-state-"));
  let packed: Packed;

  const tsc = (...options: string[]): Promise<Ended> =>
    run(join(folder, "node_modules", ".bin", "tsc"), ["-p", folder, ...options], folder);
  const pulumi = (...args: string[]): Promise<Ended> =>
    run("pulumi", [...args, "--stack", "packed", "--non-interactive", "--color", "never"], folder, {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "only for a test",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    });

  before(async () => {
    const { stdout } = expectSuccess(await npm(root, "pack", "--json", "--pack-destination", folder));
    [packed] = JSON.parse(stdout) as [Packed];
    writeProject(folder, packed.filename);
    expectSuccess(await npm(folder, "install", "--prefer-offline", "--no-audit", "--no-fund"));
  });
  after(async () => {
    await pulumi("destroy", "--yes", "--skip-preview");
    rmSync(folder, { recursive: true, force: true });
    rmSync(state, { recursive: true, force: true });
  });

  it("has what a program needs, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const needed = [
      "dist/components/index.js",
      "dist/components/index.d.ts",
      "dist/outputs/index.js",
      "dist/outputs/index.d.ts",
      "dist/node/boot.sh",
      "package.json",
      "README.md",
    ];
    assert.deepEqual(
      needed.filter((path) => !paths.includes(path)),
      [],
    );
    const folders = "changes checks components config engine handover node outputs rollout".split(" ");
    const known = new RegExp(`^(package\\.json|README\\.md|LICENSE|dist/(${folders.join("|")})/.+\\.(js|d\\.ts|sh))$`);
    assert.deepEqual(
      paths.filter((path) => !known.test(path)),
      [],
    );
    assert.ok(packed.size < 400_000, `${packed.size} bytes`);
  });

  it("has types for a strict program, whichever way its TypeScript looks for modules", async () => {
    expectSuccess(await tsc("--outDir", join(folder, "compiled")));
    expectSuccess(await tsc("--noEmit", "--module", "commonjs", "--moduleResolution", "node10"));
  });

  it("deploys, and changes nothing the second time", async () => {
    expectSuccess(await pulumi("stack", "init"));
    expectSuccess(await pulumi("up", "--yes", "--skip-preview"));
    expectSuccess(await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"));
  });

  it("gives a consumer the outputs with their types, and loads nothing of Pulumi for it", async () => {
    const { stdout: outputs } = expectSuccess(await pulumi("stack", "output", "--json", "--show-secrets"));
    const reader = join(folder, "compiled", "reader.js");
    const { stdout } = expectSuccess(await run(process.execPath, [reader], folder, process.env, outputs));
    assert.deepEqual(JSON.parse(stdout), { deployment: "packed", username: "monitor", port: 22400, pulumi: [] });
  });

  it("leaves nothing behind", async () => {
    expectSuccess(await pulumi("destroy", "--yes", "--skip-preview"));
    assert.deepEqual(await leftovers("packed"), []);
  });
});

/** npm as a person calls it: without what the `npm run` of the tests says of this project. */
function npm(folder: string, ...args: readonly string[]): Promise<Ended> {
  const clean = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return run("npm", args, folder, Object.fromEntries(clean));
}

/** A project with the packed file, and the compilers that the clone has. */
function writeProject(folder: string, filename: string): void {
  const { devDependencies: versions } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const own = ["@pulumi/pulumi", "@types/node", "ts-node", "typescript"].map(
    (name) => [name, versions[name]!] as const,
  );
  const manifest = {
    name: "consumer",
    private: true,
    dependencies: { "redis-on-docker": `file:${filename}`, ...Object.fromEntries<string>(own) },
  };
  const compilerOptions = {
    strict: true,
    target: "es2022",
    module: "nodenext",
    types: ["node"],
    esModuleInterop: true,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts", "reader.ts"] }));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: consumer\nruntime: nodejs\n");
  cpSync(join(__dirname, "..", "support", "packed"), folder, { recursive: true });
}
