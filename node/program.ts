import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Folder inside every container with the node's program and its configuration. */
export const NODE_HOME = "/opt/redis-node";
/** Environment variable with what a container knew of its group when it was made; no secrets. */
export const GROUP_VARIABLE = "REDIS_NODE_GROUP";
/** Where a member's volume is mounted. */
export const DATA_DIR = "/data";
/** Where a member's secrets are mounted. */
export const SECRETS_DIR = `${NODE_HOME}/secrets`;
/** The node's program: the scripts of `node/` in one file, which runs the one it is told to. */
export const NODE_PROGRAM = `${NODE_HOME}/node.sh`;

/** What a node's program can be told to run; a file of this name is in `node/`. */
export type NodeCommand =
  "boot" | "sentinel" | "health" | "probe" | "cli" | "settings" | "secrets" | "handover" | "mend" | "modules";

const entries: readonly NodeCommand[] = [
  "boot",
  "sentinel",
  "health",
  "probe",
  "cli",
  "settings",
  "secrets",
  "handover",
  "mend",
  "modules",
];

/** The words that run a part of the node's program inside a container. */
export const nodeCommand = (entry: NodeCommand): string[] => ["/bin/sh", NODE_PROGRAM, entry];

const scriptsFolder = __dirname;

let program: string | undefined;

/** The node's program, from the scripts in `node/`; the same text for as long as this process runs. */
export function nodeProgram(): string {
  program ??= joinScripts(readScripts());
  return program;
}

function readScripts(): ReadonlyMap<string, string> {
  const files = readdirSync(scriptsFolder).filter((name) => name.endsWith(".sh"));
  return new Map(files.map((name) => [basename(name, ".sh"), readFileSync(join(scriptsFolder, name), "utf8")]));
}

/**
 * Joins scripts into one: the libraries' definitions first, then each entry's own lines as a branch of a `case`.
 *
 * One file, because the engine unpacks each uploaded file by a process of its own: 14 files in each of 6 containers
 * took longer than everything else in a deployment together.
 *
 * @param scripts contents by name without `.sh`; what is no entry is a library, which only defines.
 */
export function joinScripts(scripts: ReadonlyMap<string, string>): string {
  const isEntry = (name: string) => entries.some((entry) => entry === name);
  const order = entries.flatMap((entry) => sourcedBy(scripts.get(entry) ?? ""));
  const libraries = [...new Set(order)].map((name) => withoutHeader(scripts.get(name) ?? missing(name)));
  const branches = [...scripts.keys()]
    .filter(isEntry)
    .sort()
    .map((name) => `${name})\n${withoutHeader(scripts.get(name)!)};;\n`);
  return [
    '#!/bin/sh\nset -u\nNODE_HOME=${NODE_HOME:-$(dirname "$0")}\n',
    ...libraries,
    "entry=${1:-}\n[ $# -eq 0 ] || shift\ncase $entry in\n",
    ...branches,
    `*)\necho "usage: node.sh ${entries.join("|")} [ARGUMENT...]" >&2\nexit 2\n;;\nesac\n`,
  ].join("\n");
}

const SOURCE_LINE = /^\. "\$NODE_HOME\/([\w-]+)\.sh"$/;

function sourcedBy(script: string): string[] {
  return script.split("\n").flatMap((line) => SOURCE_LINE.exec(line)?.[1] ?? []);
}

/** What every script starts with stands once in the joined one. */
function withoutHeader(script: string): string {
  const isHeader = (line: string) =>
    line === "#!/bin/sh" || line === "set -u" || line.startsWith("NODE_HOME=") || SOURCE_LINE.test(line);
  return script
    .split("\n")
    .filter((line) => !isHeader(line))
    .join("\n");
}

function missing(name: string): never {
  throw new Error(`a script in node/ sources ${name}.sh, which is not there`);
}
