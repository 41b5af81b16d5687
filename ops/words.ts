import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The stack that is meant when none is named. */
export const DEFAULT_STACK = "dev";

/** What the words of a command line mean. */
export interface Words {
  /** The stack named by the first word, or undefined. */
  readonly stack?: string;
  readonly rest: readonly string[];
}

/**
 * Tells the stack from other words in `logs prod redis-prod-master` and `connect PING`: the first word is the stack
 * when it is a known one. `--stack` is there for the rest, and then no word is taken for a stack.
 *
 * @param isStack whether there is a stack of this name.
 */
export function splitWords(
  words: readonly string[],
  named: string | undefined,
  isStack: (name: string) => boolean,
): Words {
  const [first, ...rest] = words;
  if (named === undefined && first !== undefined && isStack(first)) {
    return { stack: first, rest };
  }
  return { stack: named, rest: words };
}

/**
 * Tells the stack from Pulumi's own options in `up prod --diff`: the first word is the stack unless it is an option,
 * since `up` may name a stack that is yet to be made.
 */
export function splitPulumiWords(words: readonly string[], named: string | undefined): Words {
  const [first, ...rest] = words;
  return named === undefined && first !== undefined && !first.startsWith("-")
    ? { stack: first, rest }
    : { stack: named, rest: words };
}

/** The file of a stack is named after the last part of its name: `organization/project/dev` has `Pulumi.dev.yaml`. */
export const shortStackName = (stack: string): string => stack.split("/").at(-1)!;

export const settingsFile = (stack: string): string => resolve(`Pulumi.${shortStackName(stack)}.yaml`);

/** Whether there is a settings file for a stack of this name; a word on the command line for which there is one is a stack. */
export function hasSettings(stack: string): boolean {
  return /^[\w./-]+$/.test(stack) && existsSync(settingsFile(stack));
}

/** Whether a word on a command line is a stack: it has settings here, or is a whole name such as `organization/project/dev`. */
export const isStackName = (word: string): boolean => hasSettings(word) || /^[\w.-]+(\/[\w.-]+){1,2}$/.test(word);

/** The other program that a stack's whole name says it is of; undefined for a stack of this one. */
export function otherProgramOf(stack: string): string | undefined {
  const [, project, name] = stack.split("/");
  const own = /^name:\s*["']?([\w.-]+)/m.exec(readFileSync("Pulumi.yaml", "utf8"))?.[1];
  return name === undefined || project === own ? undefined : project;
}

/** The stacks for which there is a settings file, deployed or not. */
export const stacksWithSettings = (): readonly string[] =>
  readdirSync(".").flatMap((file) => /^Pulumi\.([\w.-]+)\.yaml$/.exec(file)?.[1] ?? []);
