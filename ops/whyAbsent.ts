import { engineClient } from "../engine/engineClient";
import { statusOf } from "../engine/engineError";
import type { ContractMember } from "../outputs/contract";

const ENGINE_ANSWER_MS = 10_000;

/**
 * Why nothing can be done in a member's container, and what brings it back, as a sentence; undefined where it runs, or the
 * engine does not say.
 */
export async function whyAbsent({ name, engine }: ContractMember): Promise<string | undefined> {
  try {
    const client = await engineClient(engine, ENGINE_ANSWER_MS);
    const { State } = await client.getContainer(name).inspect();
    return State.Running ? undefined : `The container ${name} is stopped; npm run up brings it back.`;
  } catch (error) {
    return statusOf(error) === 404 ? `The container ${name} is gone; npm run up brings it back.` : undefined;
  }
}
