import { defaultEngineEndpoint } from "../../config/plan";
import { EXIT } from "../../config/userError";
import { findAdoption, recordAdoption } from "../adopt";
import { describeAdoption } from "../adoption";
import { say } from "../announce";
import { confirm } from "../ask";
import { exportRaw } from "../exportedState";

export interface AdoptOptions {
  readonly stack: string;
  readonly yes?: boolean;
}

/**
 * Repairs a state that has gone astray: brings it to what carries the stack's labels on the engine that is used now.
 *
 * @throws UserError when the state cannot be read or written.
 */
export async function adopt({ stack, yes }: AdoptOptions): Promise<number> {
  const adoption = await findAdoption(await exportRaw(stack), defaultEngineEndpoint(process.env));
  const lines = describeAdoption(adoption);
  lines.forEach((line) => say(line));
  if (adoption.adopted.length === 0 && adoption.moved.length === 0) {
    say(`Stack "${stack}" has all that is its own on the engines; nothing was changed.`);
    return EXIT.ok;
  }
  if (yes !== true && !(await confirm("Put that into the stack's state?"))) {
    say("Nothing was changed.");
    return EXIT.failed;
  }
  await recordAdoption(stack, adoption);
  say(`The state has it; what it still lacks comes with: npm run up -- ${stack}`);
  return EXIT.ok;
}
