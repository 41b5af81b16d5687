// One set-up at a time in a clone: two `npm run`s at once must not build the same things into the same place.
//
// The lock is a file that names its holder. A holder that no longer lives (killed, machine rebooted) has
// lost it; process ids are used again, so a process counts as the holder only if it started when the file says.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readIfThere } from "./files.mjs";
import { readable } from "./paths.mjs";
import { say, Stop } from "./say.mjs";

/** @typedef {{ pid: number, started: string, what: string }} Holder */

/**
 * @template T
 * @param {string} path
 * @param {string} what what the holder does, for those who wait
 * @param {() => Promise<T>} work
 * @param {{ patienceMs?: number, remindMs?: number }} [times]
 * @returns {Promise<T>}
 */
export async function withLock(path, what, work, { patienceMs = 30 * 60_000, remindMs = 15_000 } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid), what });
  const since = Date.now();
  let reminded = 0;
  while (!take(path, mine)) {
    const text = readIfThere(path);
    const holder = parse(text);
    if (text !== undefined && !(holder && lives(holder))) {
      removeStale(path, text);
      continue;
    }
    const name = holder ? `process ${holder.pid} (${holder.what})` : "another process";
    if (Date.now() - since > patienceMs) {
      throw new Stop(
        `${name} has held ${readable(path)} for too long; if it hangs, end it (kill ${holder?.pid ?? "its process"}) and start again.`,
      );
    }
    if (Date.now() - reminded > remindMs) {
      say(`waiting for ${name}, which is setting up the same clone`);
      reminded = Date.now();
    }
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    if (readIfThere(path) === mine) rmSync(path, { force: true });
  }
}

/** The file appears with its text in it, or not at all: a reader never sees an empty one.
 * @param {string} path @param {string} text
 */
function take(path, text) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the lock only if it is still the dead one: by now another process may have taken it.
 * @param {string} path @param {string} text
 */
function removeStale(path, text) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== text) linkSync(aside, path);
  } catch {
    // Somebody else was faster; the next round sees what is there now.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string | undefined} text @returns {Holder | undefined} */
function parse(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** @param {Holder} holder */
function lives({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPERM") return false;
  }
  return startOf(pid) === started;
}

/** When a process started, in the kernel's own ticks; empty where there is no /proc. @param {number} pid */
function startOf(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
  // The program's name is in parentheses and may hold blanks; the start is the 20th field after it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
