import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT, UserError } from "../config/userError";

/**
 * Asks a question that is answered with yes or no; anything but a yes is a no.
 *
 * @param option that answers it without a person.
 * @param signal takes the question back, as a no.
 * @throws UserError with the exit code of a usage error when nobody is there to answer.
 */
export async function confirm(question: string, option = "--yes", signal?: AbortSignal): Promise<boolean> {
  requireTerminal(question, option);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const taken = abortOnClose(prompt);
  try {
    const answer = await prompt.question(`${question} [y/N] `, {
      signal: signal === undefined ? taken : AbortSignal.any([taken, signal]),
    });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    process.stderr.write("\n");
    return false;
  } finally {
    prompt.close();
  }
}

/** @throws UserError with the exit code of a usage error when nobody is there to answer. */
export function requireTerminal(question: string, option = "--yes"): void {
  if (!process.stdin.isTTY) {
    throw new UserError(`${question} There is no terminal to ask; say ${option} to go on.`, EXIT.usage);
  }
}

/** Asks for a secret, which is not shown while it is typed. Undefined when it was not given. */
export async function askHidden(question: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  try {
    return await prompt.question("", { signal: abortOnClose(prompt) });
  } catch {
    return undefined;
  } finally {
    process.stderr.write("\n");
    prompt.close();
  }
}

/** Ctrl-C and Ctrl-D close the prompt without an answer, which would otherwise be waited for. */
function abortOnClose(prompt: ReturnType<typeof createInterface>): AbortSignal {
  const controller = new AbortController();
  prompt.on("close", () => controller.abort());
  return controller.signal;
}
