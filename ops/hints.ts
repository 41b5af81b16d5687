import { DEFAULT_STACK } from "./words";

/** What the commands in a sentence are to act on. */
export interface HintTarget {
  readonly stack: string;
  /** Where it has to be named. */
  readonly deployment?: string;
}

const COMMAND =
  /\bnpm run (-s )?(up|preview|destroy|adopt|status|verify|outputs|logs|connect|failover|promote|rotate|migrate)(?![\w-])( -- )?/g;

/** These take no other word than the stack, so that a sentence with one names it itself; and all deployments of it. */
const OF_STACK = ["up", "preview", "destroy", "adopt"];

/**
 * Sentences say `npm run status`, wherever they are written; whoever shows one to a person passes it through this, so that
 * a command that is copied from it acts on the stack that was looked at, and not on the default one. Pure.
 */
export function hintsFor({ stack, deployment }: HintTarget): (sentences: string) => string {
  return (sentences) =>
    sentences.replaceAll(COMMAND, (all, silent: string | undefined, name: string, dashes: string | undefined) => {
      const isOfStack = OF_STACK.includes(name);
      const words = targetWords(stack, isOfStack ? undefined : deployment);
      return words.length === 0 || (isOfStack && dashes !== undefined)
        ? all
        : `npm run ${silent ?? ""}${name} -- ${words.join(" ")}${dashes === undefined ? "" : " "}`;
    });
}

/**
 * What is said after an update that failed: the program's own sentences, which Pulumi prints, name no stack. Pure.
 *
 * @returns undefined for the stack that is meant without a name.
 */
export const afterFailure = (stack: string): string | undefined =>
  stack === DEFAULT_STACK
    ? undefined
    : `For stack "${stack}", commands that are named above are: npm run up -- ${stack}, npm run -s pulumi -- config set ... --stack ${stack}`;

/** The words that name a stack and a deployment; none for the default ones. */
function targetWords(stack: string, deployment: string | undefined): readonly string[] {
  return [
    ...(stack === DEFAULT_STACK ? [] : [stack]),
    ...(deployment === undefined ? [] : ["--deployment", deployment]),
  ];
}
