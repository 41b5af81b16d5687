import { existsSync } from "node:fs";
import { basename, join } from "node:path";

const root = join(__dirname, "..", "..");

/** What a command line consists of, as far as somebody else's program can be held against it. */
export interface CommandWords {
  /** What a test that does the same cannot be without. */
  readonly words: readonly string[];
  /** Files and folders of the clone that it names and that are not there. */
  readonly absent: readonly string[];
}

/** Reads a line of commands: each of a pipe, of a list, and of a group in parentheses. */
export function wordsOfLine(line: string): CommandWords {
  const commands = commandsIn(line);
  const paths = commands.flat().filter(isInClone).map(inClone);
  return {
    words: commands.flatMap(wordsOf),
    absent: paths.filter((path) => !existsSync(join(root, path))),
  };
}

/** The commands of a line, each as its words; without comments, and without the files that output goes to. */
function commandsIn(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const tokens = line.matchAll(/\s+#.*$|>+\s*\S+|&&|\|\||[|;()]|(?:'[^']*'|"[^"]*"|[^\s|;()&>'"])+/g);
  for (const [token] of tokens) {
    if (/^(&&|\|\||[|;()])$/.test(token)) {
      commands.push([]);
    } else if (!/^(\s|>)/.test(token)) {
      commands.at(-1)!.push(token.replaceAll(/['"]/g, ""));
    }
  }
  return commands.filter((words) => words.length > 0);
}

/** Programs that run what they are given: that is what counts. */
const RUNNERS = ["cd", "go", "mvn", "node", "python3"];

/**
 * `status` of `npm run -s status`, `tls` of `npm run -s pulumi -- config set tls true`, `init` and `node-app` of
 * `pulumi -C examples/node-app stack init`, `stop` of `docker stop`, what a request asks for, else the program.
 */
function wordsOf([program, ...args]: readonly string[]): readonly string[] {
  switch (program) {
    case "npm":
      return wordsOfNpm(args);
    case "pulumi":
      return wordsOfPulumi(args);
    case "docker":
      return args.slice(0, 1);
    case "curl": {
      const address = args.find((arg) => URL.canParse(arg));
      const path = address === undefined ? "/" : new URL(address).pathname;
      return [path === "/" ? "fetch" : path];
    }
    default:
      return RUNNERS.includes(program!) ? args.filter(isInClone).map((path) => basename(path)) : [program!];
  }
}

function wordsOfNpm(args: readonly string[]): readonly string[] {
  const [verb, script] = args.filter((arg) => arg !== "-s" && arg !== "--silent");
  if (verb === "run") {
    return script === "pulumi" ? wordsOfPulumi(args.slice(args.indexOf("--") + 1)) : [script!];
  }
  // Without it there are no tests.
  return verb === "ci" ? [] : [verb!];
}

/** Options of Pulumi whose value is the next word. */
const WITH_VALUE = ["-C", "--cwd", "-s", "--stack"];

function wordsOfPulumi(args: readonly string[]): readonly string[] {
  const isValue = (at: number): boolean => WITH_VALUE.includes(args[at - 1] ?? "");
  const folders = args.filter((_, at) => ["-C", "--cwd"].includes(args[at - 1] ?? ""));
  const [verb, ...rest] = args.filter((arg, at) => !arg.startsWith("-") && !isValue(at));
  const [second, third] = rest;
  const word =
    verb === "config" && third !== undefined
      ? /^\w+/.exec(third)![0]
      : ["stack", "package"].includes(verb!) && second !== undefined
        ? second
        : verb!;
  return [...folders.map((path) => basename(path)), word];
}

/** As seen from the clone, or from a project beside it. */
const inClone = (word: string): string => word.replace(/^\.\.\/redis-on-docker\//, "");

function isInClone(word: string): boolean {
  const path = inClone(word);
  const [first] = path.split("/");
  return path.includes("/") && /^\w/.test(path) && existsSync(join(root, first!));
}
