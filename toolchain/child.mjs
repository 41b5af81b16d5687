// Runs other programs for the set-up: output into a log file, its last line as progress, failures as a sentence.

import { spawn } from "node:child_process";
import { accessSync, constants, createWriteStream, mkdirSync, statSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { paths, readable } from "./paths.mjs";
import { Stop } from "./say.mjs";

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();

/** Ends what is still running; for the moment the set-up itself is told to stop. */
export function stopChildren() {
  for (const child of children) child.kill("SIGTERM");
}

/**
 * @typedef {object} RunOptions
 * @property {string} log the log file's name, without its ending
 * @property {import("./say.mjs").Note} [note] is told the last line of output
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs] after which the program is killed
 * @property {(child: import("node:child_process").ChildProcess) => Promise<unknown>} [feed] writes the program's input, or reads its output
 */

/**
 * Runs a program to its end and returns what it wrote on stdout.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 * @returns {Promise<string>}
 */
export async function run(command, args, { log, note, cwd, env, timeoutMs, feed }) {
  mkdirSync(paths.log, { recursive: true });
  const file = join(paths.log, `${log}.log`);
  const record = createWriteStream(file, { flags: "a" });
  record.write(`\n# ${new Date().toISOString()} ${command} ${args.join(" ")}\n`);

  let lastLine = "";
  let stdout = "";
  const child = spawn(command, args, {
    cwd,
    env,
    timeout: timeoutMs,
    stdio: [feed ? "pipe" : "ignore", "pipe", "pipe"],
  });
  children.add(child);
  /** @param {Buffer} chunk */
  const hear = (chunk) => {
    record.write(chunk);
    lastLine = chunk.toString().trim().split("\n").at(-1)?.trim() || lastLine;
    note?.(lastLine);
  };
  child.stderr?.on("data", hear);
  if (!feed) child.stdout?.on("data", (chunk) => ((stdout += chunk), hear(chunk)));

  /** @type {Promise<{ code?: number | null, signal?: string | null, error?: NodeJS.ErrnoException }>} */
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  try {
    const [{ code, signal, error }] = await Promise.all([ended, feed?.(child)]);
    if (error) throw new Stop(`${log}: ${command} could not be started (${error.code ?? error.message}).`);
    if (code !== 0) {
      throw new Stop(
        `${log}: ${basename(command)} failed (${signal ?? `exit code ${code}`}): ${lastLine.replace(/\.+$/, "")}. All it said is in ${readable(file)}.`,
      );
    }
    return stdout;
  } finally {
    children.delete(child);
    record.end();
  }
}

/**
 * Where a program is on PATH; no child process is needed to know.
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} [more] folders to look into after PATH
 */
export function which(command, env, more = []) {
  const folders = [...(env.PATH ?? "").split(delimiter).filter(Boolean), ...more];
  return folders.map((folder) => join(folder, command)).find(isProgram);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
