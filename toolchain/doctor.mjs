// `npm run doctor`: what is there, what is missing, and what would be done about it.

import { everything } from "./commands.mjs";
import { pieces } from "./setup.mjs";
import { sentenceOf } from "./say.mjs";

/** @typedef {{ name: string, ok: boolean, text: string }} Row */

/**
 * Looks at every piece; changes nothing.
 * @param {import("./piece.mjs").Context} context
 * @returns {Promise<Row[]>}
 */
export async function examine(context) {
  /** @type {Row[]} */
  const rows = [];
  for (const name of everything) {
    try {
      const found = await pieces[name].find(context);
      if (found) context.found[name] = found;
      rows.push({ name, ok: found !== undefined, text: found?.summary ?? pieces[name].otherwise });
    } catch (error) {
      const sentence = sentenceOf(error);
      if (sentence === undefined) throw error;
      rows.push({ name, ok: false, text: sentence.replace(new RegExp(`^${name}: `), "") });
    }
  }
  return rows;
}

/**
 * @param {Row[]} rows
 * @returns {string}
 */
export function table(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, ok, text }) => `${name.padEnd(width)}  ${ok ? "found  " : "missing"}  ${text}`);
  const missing = rows.filter(({ ok }) => !ok).length;
  const verdict =
    missing === 0 ? "All is there." : `${missing} missing; "npm run up" and "npm test" get what they need.`;
  return [...lines, "", verdict].join("\n");
}
