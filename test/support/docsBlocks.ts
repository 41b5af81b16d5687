import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { wordsOfLine } from "./commandWords";

const root = join(__dirname, "..", "..");

/**
 * What is done one after the other by test/consumers/docs.test.ts, which starts with nothing deployed. In each, the pages
 * come in the order of `pages()`, and a page's blocks in their own.
 */
export const SCENES = [
  "deploy",
  "look",
  "change",
  "restore",
  "failover",
  "turn TLS on",
  "with TLS",
  "remove",
  "configure",
] as const;
export type Scene = (typeof SCENES)[number];

/** What stands in front of a block of commands. */
export type Mark =
  /** Run as it stands, in a scene. */
  | { readonly kind: "run"; readonly text: string }
  /** A test does the same. */
  | { readonly kind: "run by"; readonly text: string }
  /** Not run, for a reason. */
  | { readonly kind: "not run"; readonly text: string };

/** A block of commands in a page. */
export interface CommandBlock {
  readonly page: string;
  /** Of the fence. */
  readonly line: number;
  /** What is between the fences, without the indentation of a list. */
  readonly code: string;
  /** Whether it is a session: lines that start with `$ ` are commands, the others what they print. */
  readonly isSession: boolean;
  readonly mark: Mark | undefined;
}

/** README.md and all pages of docs/, by their paths in the project. */
export function pages(): readonly string[] {
  const inDocs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...inDocs.sort().map((name) => `docs/${name}`)];
}

const FENCE = /^( *)(```+)(\w*)\s*$/;
const MARK = /^\s*<!-- (run|run by|not run): ?(.*?) ?-->\s*$/;
const SHELLS = ["bash", "sh", "shell", "console"];

/** All blocks of commands in a page's text. */
export function commandBlocks(page: string, text: string): readonly CommandBlock[] {
  const lines = text.split("\n");
  const blocks: CommandBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent, fence, language] = FENCE.exec(lines[at]!) ?? [];
    if (indent === undefined) {
      continue;
    }
    const begin = at;
    do {
      at += 1;
    } while (at < lines.length && lines[at]!.trim() !== fence);
    const inner = lines.slice(begin + 1, at).map((line) => line.replace(new RegExp(`^ {0,${indent.length}}`), ""));
    const isSession = inner.some((line) => line.startsWith("$ "));
    if (isSession || SHELLS.includes(language!)) {
      blocks.push({ page, line: begin + 1, code: inner.join("\n"), isSession, mark: markBefore(lines, begin) });
    }
  }
  return blocks;
}

function markBefore(lines: readonly string[], fence: number): Mark | undefined {
  const before = lines.slice(0, fence).findLast((line) => line.trim() !== "") ?? "";
  const [, kind, text] = MARK.exec(before) ?? [];
  return kind === undefined ? undefined : { kind: kind as Mark["kind"], text: text! };
}

/** A part of a program in a page, and the file that it is from. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
  readonly file: string;
}

/** All snippets of a page that say where they are from: <!-- from: FILE --> in front of the fence. */
export function snippets(text: string): readonly Snippet[] {
  const found = text.matchAll(/^<!-- from: (\S+) -->\n\n```\w+\n(.*?)\n```$/gms);
  return [...found].map(({ index, 1: file, 2: code }) => ({
    line: text.slice(0, index).split("\n").length,
    code: code!,
    file: file!,
  }));
}

/** The commands of a block, one to a line. */
export function commandsOf({ code, isSession }: Pick<CommandBlock, "code" | "isSession">): readonly string[] {
  const lines = code
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim());
  return isSession
    ? lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2))
    : lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** How to mark a block. */
export const HOW_TO_MARK =
  "Each block of commands has one of these in front of it, on a line of its own: <!-- run: SCENE --> " +
  "(test/consumers/docs.test.ts runs it as it stands), <!-- run by: test/.../NAME.test.ts --> (a test that does the same), " +
  "or <!-- not run: REASON -->.";

/** What is wrong with a block's mark, as a sentence; nothing when all is well. */
export function markProblem(block: CommandBlock): string | undefined {
  const { mark } = block;
  const at = `${block.page}:${block.line}`;
  if (mark === undefined) {
    return `${at}: the block of commands has no mark`;
  }
  const commands = commandsOf(block).map(wordsOfLine);
  const absent = commands.flatMap((command) => command.absent);
  if (absent.length > 0) {
    return `${at}: there is no ${absent.join(", ")}`;
  }
  switch (mark.kind) {
    case "run":
      return (SCENES as readonly string[]).includes(mark.text)
        ? undefined
        : `${at}: there is no scene "${mark.text}"; there are ${SCENES.join(", ")}`;
    case "run by": {
      if (!/^test\/.*\.test\.ts$/.test(mark.text) || !existsSync(join(root, mark.text))) {
        return `${at}: there is no test ${mark.text}`;
      }
      const program = withoutComments(readFileSync(join(root, mark.text), "utf8"));
      const missing = commands.flatMap(({ words }) => words).filter((word) => !hasWord(program, word));
      return missing.length > 0 ? `${at}: ${mark.text} does not do ${missing.join(", ")}` : undefined;
    }
    case "not run":
      return mark.text.length >= 10 ? undefined : `${at}: it is not run, and no reason is given`;
  }
}

/** A program as it runs: what is only said in it is not done. */
const withoutComments = (program: string): string =>
  transformSync(program, { loader: "ts", legalComments: "none" }).code;

/** In any case of letters: `examples/lettuce` is the library Lettuce. */
const hasWord = (program: string, word: string): boolean =>
  new RegExp(`(?<![\\w-])${word.replace(/\W/g, "\\$&")}(?![\\w-])`, "i").test(program);
