// What the set-up tells the person who waits: what it does, how long already, what was last heard of it.
//
// All of it goes to stderr, so that `npm run -s pulumi -- stack output --json` stays clean.

/** Something that a sentence explains: what failed, where, and how to fix it. Printed without a stack trace. */
export class Stop extends Error {
  /**
   * @param {string} message
   * @param {readonly Error[]} [reasons] failures that were told before, which the message only points at
   */
  constructor(message, reasons = []) {
    super(message);
    this.reasons = reasons;
  }

  /** The whole reason on one line, for somebody who sees nothing else. */
  get sentence() {
    const told = this.reasons.length > 0 ? this.reasons.map(({ message }) => message).join(" ") : this.message;
    return told.replaceAll(/\s+/g, " ");
  }
}

/**
 * What a person is told of an error; undefined for one that nobody foresaw, whose trace is needed.
 * @param {unknown} error
 */
export function sentenceOf(error) {
  if (error instanceof Stop) return error.message;
  // What the system refuses (a full disk, a folder of somebody else's) names the path itself.
  return error instanceof Error && "syscall" in error ? `${error.message}.` : undefined;
}

/** @typedef {(detail: string) => void} Note tells what a step is at just now */

const QUIET_TERMINAL_MS = 15_000;
const terminal = Boolean(process.stderr.isTTY);

/** @type {Set<{ title: string, since: number, detail: string }>} */
const running = new Set();

/** @param {string} line */
export function say(line) {
  clearLine();
  process.stderr.write(`toolchain: ${line}\n`);
}

/**
 * Does a piece of work that may take long, showing that it is alive.
 * @template T
 * @param {string} title what is done, as in "pulumi: building it from its Go modules"
 * @param {(note: Note) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const entry = { title, since: Date.now(), detail: "" };
  say(title);
  running.add(entry);
  const timer = setInterval(terminal ? showOnOneLine : () => showAsLine(entry), terminal ? 500 : QUIET_TERMINAL_MS);
  try {
    const result = await work((detail) => (entry.detail = detail));
    say(`${title.split(":")[0]}: done after ${seconds(entry.since)}`);
    return result;
  } finally {
    clearInterval(timer);
    running.delete(entry);
    clearLine();
  }
}

/** @param {{ title: string, since: number, detail: string }} entry */
function showAsLine({ title, since, detail }) {
  process.stderr.write(`toolchain: ${title.split(":")[0]}: ${seconds(since)} ... ${detail}\n`);
}

function showOnOneLine() {
  const parts = [...running].map(({ title, since, detail }) => `${title.split(":")[0]} ${seconds(since)} ${detail}`);
  const width = (process.stderr.columns ?? 80) - 1;
  process.stderr.write(`\r\x1b[K${parts.join(" | ").slice(0, width)}`);
}

function clearLine() {
  if (terminal && running.size > 0) process.stderr.write("\r\x1b[K");
}

/** @param {number} since */
const seconds = (since) => `${Math.round((Date.now() - since) / 1000)} s`;
