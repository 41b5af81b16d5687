import { createInterface } from "node:readline/promises";
import { EXIT, UserError } from "./userError";

/**
 * Asks a question that is answered with yes or no; anything but a yes is a no.
 *
 * @throws UserError with the exit code of a usage error when nobody is there to answer.
 */
export async function confirm(question: string, option = "--yes"): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError(`${question} There is no terminal to ask; say ${option} to go on.`, EXIT.usage);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: abortOnClose(prompt) });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    process.stderr.write("\n");
    return false;
  } finally {
    prompt.close();
  }
}

/** Ctrl-C and Ctrl-D close the prompt without an answer, which would otherwise be waited for. */
function abortOnClose(prompt: ReturnType<typeof createInterface>): AbortSignal {
  const controller = new AbortController();
  prompt.on("close", () => controller.abort());
  return controller.signal;
}
