// Keeps the committed Pulumi.<stack>.yaml files as they were.
//
// With a passphrase, Pulumi writes a line `encryptionsalt` into the stack's file at every command, re-spaces comments
// and puts numbers in quotes on the way. With the local backend that line is not needed: the state has the salt too,
// and Pulumi takes it from there (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER). So it is taken out again after the
// command, unless the file holds a secret value, which can only be read with it. Changes by `config set` stay.

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeWhole } from "./files.mjs";

const SALT = /^encryptionsalt: *(\S+) *\n?/m;

/**
 * @param {string} folder where the stack files are
 * @returns {Map<string, string>} their texts
 */
export function remember(folder) {
  const files = readdirSync(folder).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
  return new Map(files.map((name) => [name, readIfThere(join(folder, name)) ?? ""]));
}

/**
 * @param {string} folder
 * @param {Map<string, string>} before
 * @param {(stack: string) => string} stateOf the text of a stack's state; a salt that is not in it is the user's own
 */
export function restore(folder, before, stateOf) {
  for (const [name, text] of remember(folder)) {
    const salt = text.match(SALT)?.[1];
    if (!salt || text.includes("secure:") || !stateOf(stackOf(name)).includes(salt)) continue;
    const result = withoutSalt(text, before.get(name));
    // A stack without settings of its own had no file.
    if (result === "" && !before.has(name)) rmSync(join(folder, name));
    else writeWhole(join(folder, name), result);
  }
}

/** The stack that a file `Pulumi.<stack>.yaml` belongs to. @param {string} name */
export const stackOf = (name) => name.replace(/^Pulumi\.|\.ya?ml$/g, "");

/**
 * @param {string} text
 * @param {string | undefined} before
 */
export function withoutSalt(text, before = "") {
  const [now, then] = [text, before].map((version) => version.replace(SALT, ""));
  return sameButForSpelling(now ?? "", then ?? "") ? (then ?? "") : (now ?? "");
}

/** Pulumi puts numbers in quotes and moves blanks; neither is a change. @param {string} a @param {string} b */
const sameButForSpelling = (a, b) => spelled(a) === spelled(b);
/** @param {string} text */
const spelled = (text) => text.replace(/"/g, "").replace(/\s+/g, " ").trim();
