import { liveDirectiveNames } from "./liveDirectiveNames";
import { ownedDirective } from "./redisDirectives";

/**
 * Lines of `extraRedisConf`, apart: a server changes some while it runs, and reads the others when it starts only.
 *
 * The live ones come in the one spelling that means the same in a configuration file and as `CONFIG SET`'s argument.
 */
export function splitExtraLines(extra: readonly string[]): { readonly live: string[]; readonly atStart: string[] } {
  const live = extra.filter(isLive).map((line) => liveSpelling(splitWords(line) ?? []) ?? line);
  return { live, atStart: extra.filter((line) => !isLive(line)) };
}

/** Why a line of `extraRedisConf` cannot be used, and what to do; undefined when it can. */
export function extraLineProblem(line: string): string | undefined {
  const directive = directiveOf(line);
  const instead = ownedDirective(directive);
  if (instead !== undefined) {
    return `"${directive}" is set by the program (${instead}); fix: remove the line`;
  }
  const words = splitWords(line);
  // A value may be a password.
  const refused = (allowed: string, fix: string) =>
    `got a value of "${directive}" that cannot be used; allowed: ${allowed}; fix: ${fix}`;
  if (words === undefined) {
    return refused("quotes that are closed, with a blank or nothing after them", "close or remove the quote");
  }
  if (words.length < 2) {
    return refused("a directive, a space and its value", `add the value, or remove the line ('""' is an empty value)`);
  }
  // eslint-disable-next-line no-control-regex -- what an escape such as \n stands for
  if (words.some((word) => /[\0-\x1f\x7f]/.test(word))) {
    return refused("no control characters, such as \\n or \\x00 in quotes", "remove the escape");
  }
  if (isLive(line) && liveSpelling(words) === undefined) {
    return refused(
      "one value in quotes, or several without quotes, backslashes and blanks in them",
      "put quotes around the whole value, or remove them",
    );
  }
  return undefined;
}

const directiveOf = (line: string): string => line.split(" ", 1)[0]!;
const isLive = (line: string): boolean => liveDirectiveNames.has(directiveOf(line));

/**
 * A file takes several words for a directive's value, `CONFIG SET` takes one that it splits at blanks, and any further
 * ones for the next directive's name and value. Undefined where no spelling means the same to both.
 */
function liveSpelling([directive, ...values]: readonly string[]): string | undefined {
  if (values.every((value) => /^[^\s"'\\]+$/.test(value) && isPrintable(value))) {
    return [directive, ...values].join(" ");
  }
  return values.length === 1 ? `${directive} ${inQuotes(values[0]!)}` : undefined;
}

const isPrintable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** As Redis reads it back, in a file and from a client's line; each character is a byte. */
function inQuotes(value: string): string {
  const escaped = value
    .replaceAll(/["\\]/g, (special) => `\\${special}`)
    .replaceAll(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${escaped}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** The words of a line, as Redis splits it (`sdssplitargs`); undefined where a quote is not closed as it has to be. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== "") {
    const match = /^([^\s"']*)(?:"((?:\\.|[^"\\])*)"(?!\S)|'((?:\\'|\\(?!')|[^'\\])*)'(?!\S)|(?=\s|$))/.exec(rest);
    if (match === null) {
      return undefined;
    }
    const [all, plain, double, single] = match;
    words.push(plain! + unescaped(double ?? "") + (single ?? "").replaceAll(String.raw`\'`, "'"));
    rest = rest.slice(all.length).trimStart();
  }
  return words;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
  );
}
