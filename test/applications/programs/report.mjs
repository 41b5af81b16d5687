// What the programs in Node.js have in common: where they connect to, what they report, and when they end.
//
// A report is a line of JSON on the standard output. The programs stand for applications: they try again what failed
// because a connection was lost, as docs/applications.md advises, and report everything else that a command was told.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The output `connection`, as a file: an environment variable is no place for a password. */
export const connection = JSON.parse(readFileSync(process.env.REDIS_CONNECTION, "utf8"));

/** Libraries that are no dependencies of the project. */
export const library = createRequire(join(process.env.REDIS_APPLICATIONS, "package.json"));

/** Distinguishes the jobs and keys of this process from those of another one of the same program. */
export const me = String(process.pid);

export const report = (facts) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...facts })}\n`);

let running = true;
export const isRunning = () => running;
process.once("SIGTERM", () => (running = false));

const sentenceOf = (error) => `${error.name}: ${error.message}`.split("\n")[0];

/** Repeats a command until it succeeds; what it was told in between is reported. */
export async function until(what, command) {
  for (;;) {
    try {
      const result = await command();
      report({ done: what });
      return result;
    } catch (error) {
      report({ failed: what, error: sentenceOf(error) });
      await sleep(50);
    }
  }
}

/** Does something again and again until the process is told to end, and waits until the last one is done. */
export async function forever(everyMs, step) {
  for (let index = 0; running; index += 1) {
    await step(index);
    await sleep(everyMs);
  }
}
