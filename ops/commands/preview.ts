import { writeFileSync } from "node:fs";
import { say } from "../announce";
import { policyPackOptions } from "../policyPack";
import { STREAMED } from "../preview/events";
import { previewFrom, type PreviewRun } from "../preview/read";
import { withoutValues } from "../preview/withoutValues";
import { renderPreview } from "../preview/render";
import { askPulumi, runPulumi } from "../pulumi";
import { makeStack } from "../stack";
import { EXIT, sentenceOf, UserError } from "../../config/userError";

export interface PreviewOptions {
  readonly stack: string;
  /** Further options for pulumi. */
  readonly args: readonly string[];
  /** What a pull request is told instead of what a terminal shows: into this file, or `-` for stdout. */
  readonly markdown?: string;
}

/** `npm run preview`: what `up` would change, and whether it keeps to the policies. */
export async function preview({ stack, args, markdown }: PreviewOptions): Promise<number> {
  const command = ["preview", ...policyPackOptions(), "--stack", stack, ...args];
  if (markdown === undefined) {
    await makeStack(stack);
    return runPulumi(command);
  }
  const run = await markdownRun(stack, command);
  const told = previewFrom({ ...run, folder: process.cwd() });
  const hide = withoutValues(process.env);
  const text = renderPreview(told, hide);
  if (markdown === "-") {
    process.stdout.write(text);
  } else {
    writeFileSync(markdown, text);
    // Who looks at the terminal, or at the log of a workflow, learns why.
    const violated = told.violations
      .filter(({ mandatory }) => mandatory)
      .map(({ rule, text: why }) => `${rule}: ${why}`);
    [...told.errors, ...told.doubts, ...violated].forEach((line) => say(hide(line)));
  }
  return run.exitCode === 0 && told.failed ? EXIT.failed : run.exitCode;
}

/** Variable in which the front door says why it could not get what a preview needs. */
const UNPREPARED = "REDIS_TOOLCHAIN_FAILURE";

/** A pull request has to be told, too, when Pulumi could not even be asked. */
async function markdownRun(stack: string, command: readonly string[]): Promise<PreviewRun> {
  const unprepared = process.env[UNPREPARED];
  if (unprepared) {
    return { stack, exitCode: EXIT.failed, stdout: "", stderr: unprepared };
  }
  try {
    await makeStack(stack);
    return { stack, ...(await askPulumi([...command, "--json"], STREAMED)) };
  } catch (error) {
    if (process.env.DEBUG) {
      say(sentenceOf(error, true));
    }
    return { stack, exitCode: EXIT.failed, stdout: "", stderr: sentenceOf(error, false) };
  }
}

/** What `--markdown` and `--markdown=FILE` say, and the other words; they are no options of pulumi's. */
export function markdownOption(words: readonly string[]): { markdown?: string; rest: readonly string[] } {
  const asks = (word: string): boolean => word === "--markdown" || word.startsWith("--markdown=");
  const [wish] = words.filter(asks);
  const rest = words.filter((word) => !asks(word));
  if (wish === undefined) {
    return { rest };
  }
  const [, file] = /^--markdown=(.*)$/s.exec(wish) ?? [];
  if (file === "") {
    throw new UserError("--markdown= names no file; as in: --markdown=preview.md, or --markdown alone", EXIT.usage);
  }
  if (rest.some((word) => word === "--json" || word === "-j")) {
    throw new UserError("--markdown and --json do not go together: choose one", EXIT.usage);
  }
  return { markdown: file ?? "-", rest };
}
