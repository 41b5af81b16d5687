import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "mocha";
import ts from "typescript";

const root = join(__dirname, "..", "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, { readonly types: string } | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

/** Every file that is reached from one, and the packages that they import; types alone do not count. */
function reached(entry: string): { files: ReadonlySet<string>; packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) {
      return;
    }
    files.add(file);
    const { outputText } = ts.transpileModule(readFileSync(join(root, file), "utf8"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (fileName.startsWith(".")) {
        const path = join(dirname(file), fileName);
        visit(existsSync(join(root, `${path}.ts`)) ? `${path}.ts` : join(path, "index.ts"));
      } else if (!fileName.startsWith("node:")) {
        packages.add(fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/"));
      }
    }
  };
  visit(entry);
  return { files, packages };
}

/** The source of what an entry of `exports` leads to. */
const sourceOf = (entry: string): string => {
  const target = manifest.exports[entry];
  assert.ok(typeof target === "object", `no types for ${entry}`);
  return relative("dist", target.types.replace(/\.d\.ts$/, ".ts"));
};

describe("the npm package", () => {
  it("depends on what it imports, and on nothing else", () => {
    const { packages } = reached(sourceOf("."));
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    assert.deepEqual([...packages].sort(), declared.sort());
  });

  it("takes the program's own SDK of Pulumi, from the version on that it is tested with", () => {
    assert.equal(manifest.peerDependencies["@pulumi/pulumi"], `^${manifest.devDependencies["@pulumi/pulumi"]!}`);
  });

  it("loads nothing of Pulumi, and no engine's client, for a consumer of the outputs", () => {
    const { packages } = reached(sourceOf("./contract"));
    assert.deepEqual([...packages].sort(), ["fastest-levenshtein", "zod"]);
  });

  it("is built from the entries that it exports", () => {
    const { files } = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8")) as { files: string[] };
    assert.deepEqual(files, [sourceOf("."), sourceOf("./contract")]);
  });
});
