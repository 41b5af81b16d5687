import { closest, distance } from "fastest-levenshtein";

/** One thing that is wrong with the settings, said so that it can be put right without reading anything else. */
export interface Problem {
  /** Where: the setting's path, such as `replicas` or `deployments.cache.hosts[0].address`. */
  readonly path: string;
  /** What is wrong, what is allowed, and how to fix it; one sentence or two. */
  readonly reason: string;
}

/** All problems of one kind of input at once; nothing was touched when this is thrown. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.name = "SettingsError";
  }
}

/** One line per problem, below a line that counts them. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return [`${count} not usable; nothing was changed.`, ...problems.map((p) => `  - ${p.path}: ${p.reason}`)].join("\n");
}

/** The known name nearest to a mistyped one, or undefined when none is near enough to be meant. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) {
    return undefined;
  }
  const byLowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  const lower = given.toLowerCase();
  const best = closest(lower, [...byLowerCase.keys()]);
  const tolerated = Math.max(2, Math.floor(given.length / 3));
  return distance(lower, best) <= tolerated ? byLowerCase.get(best) : undefined;
}

const SHOWN_LENGTH = 80;

/** A value as it was given, on one line, shortened, and safe to print on a terminal. */
export function shown(value: unknown): string {
  return value === undefined ? "nothing" : shortened(printable(jsonText(value)));
}

/** A name as a message shows it. */
export const shownName = (name: string): string => shortened(printable(name));

/** Half of a character at the cut would be no text. */
const shortened = (text: string): string =>
  text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH - 3).replace(/[\ud800-\udbff]$/, "")}...` : text;

/** Escapes what a terminal would obey or hide: control and format characters, other line ends, lone surrogates. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

function jsonText(value: unknown): string {
  try {
    // JSON has no word for a number that is too big.
    return typeof value === "number" ? String(value) : JSON.stringify(value);
  } catch {
    // Nested more deeply than the stack is.
    return "a value that cannot be shown";
  }
}
