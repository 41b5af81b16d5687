import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";
import { describe, it } from "mocha";

const root = join(__dirname, "..", "..");
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), "utf8"));
const manifest = read("package.json") as {
  readonly exports: Readonly<Record<string, { readonly types: string } | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

/** The source of what an entry of `exports` leads to. */
function sourceOf(entry: string): string {
  const target = manifest.exports[entry];
  assert.ok(typeof target === "object", `no types for ${entry}`);
  return relative("dist", target.types.replace(/\.d\.ts$/, ".ts"));
}

/** The packages that are loaded, now or later, by all that is reached from an entry; types alone do not count. */
function packagesOf(entry: string): string[] {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [sourceOf(entry)],
    bundle: true,
    platform: "node",
    packages: "external",
    write: false,
    metafile: true,
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  const names = imported
    .filter(({ path, external }) => external && !path.startsWith("node:"))
    .map(({ path }) => path.split("/", path.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(names)].sort();
}

describe("the npm package", () => {
  it("depends on what it loads, and on nothing else", () => {
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    assert.deepEqual(packagesOf("."), declared.sort());
  });

  it("takes the program's own SDK of Pulumi, from the version on that it is tested with", () => {
    assert.equal(manifest.peerDependencies["@pulumi/pulumi"], `^${manifest.devDependencies["@pulumi/pulumi"]!}`);
  });

  it("loads nothing of Pulumi, and no engine's client, for a consumer of the outputs", () => {
    assert.deepEqual(packagesOf("./contract"), ["fastest-levenshtein", "zod"]);
  });

  it("is not taken for the program of a clone, which Pulumi would look for in `exports`", () => {
    assert.match(readFileSync(join(root, "Pulumi.yaml"), "utf8"), /^main: index\.ts$/m);
  });

  it("is built from the entries that it exports", () => {
    const { files } = read("tsconfig.build.json") as { files: string[] };
    assert.deepEqual(files, [sourceOf("."), sourceOf("./contract")]);
  });
});
