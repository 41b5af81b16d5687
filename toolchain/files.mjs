// Files that are either whole or not there, and stamps that tell whether a recipe has changed since.

import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { paths } from "./paths.mjs";

/**
 * Makes a folder under a temporary name and moves it into place when it is whole, so that an
 * interrupted build is never mistaken for a finished one.
 * @param {string} target
 * @param {(folder: string) => Promise<unknown>} fill
 */
export async function makeFolder(target, fill) {
  const unique = randomBytes(4).toString("hex");
  const fresh = join(paths.unfinished, `new-${unique}`);
  const old = join(paths.unfinished, `old-${unique}`);
  mkdirSync(fresh, { recursive: true });
  try {
    await fill(fresh);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/**
 * Writes a file in one go: readers see the old text or the new one.
 * @param {string} path
 * @param {string} text
 * @param {number} [mode]
 */
export function writeWhole(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}

/**
 * A text that changes when any of these recipes does.
 * @param {string[]} sources files, or folders of files
 * @param {...string} more versions and the like
 */
export function stampOf(sources, ...more) {
  const hash = createHash("sha256").update(more.join("\n"));
  for (const source of sources) {
    const files = statSync(source).isDirectory()
      ? readdirSync(source)
          .sort()
          .map((name) => join(source, name))
      : [source];
    // By name, not by path: a clone can be moved.
    for (const file of files) hash.update(`\n${basename(file)}\n`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** @param {string} path @returns {string | undefined} */
export function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} path @returns {any} undefined when it is missing or broken */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
