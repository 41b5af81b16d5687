import { chooseCandidate, type Choice } from "./candidate";
import { withGroup, statesOf, type Group } from "./group";
import { planPromotion, promote } from "./promotion";
import { awaitRecorded } from "./record";
import type { NodeState } from "./replication";
import { waitFor } from "./waiting";
import { UserError } from "../config/userError";
import type { Contract } from "../outputs/contract";

/** A replica that came back a moment ago may be in sync before its scripts, once a second, let it be promoted. */
const PATIENCE = { forMs: 6000, everyMs: 200 };

/**
 * Makes a replica the master before the present one is replaced, without losing a write: what Sentinel does elsewhere.
 *
 * @param tell gets a line for each step.
 * @throws UserError when no replica can take over without a loss; nothing is switched then.
 */
export async function promoteAnother(contract: Contract, master: string, tell: (line: string) => void): Promise<void> {
  await withGroup(contract, async (group) => {
    const heir = await awaitHeir(group, master);
    const plan = await planPromotion(group, heir);
    if (plan === "already") {
      return;
    }
    if (plan.risks.length > 0) {
      throw new UserError(`${master} cannot hand over without a loss: ${plan.risks.join("; ")}; nothing was switched`);
    }
    await promote(group, plan, { say: (line) => tell(`hand-over: ${line}`) });
    // From then on a restart brings back the new roles, and the old master can go.
    const open = await awaitRecorded(contract.nodes, plan.chosen.address);
    if (open.length > 0) {
      throw new UserError(`${heir} is the master now, but ${open.join(", ")} did not record it; repeat: npm run up`);
    }
  });
}

/**
 * Waits until a replica can take over, and names the one that has least to catch up.
 *
 * @throws UserError with what is against each of them.
 */
export async function awaitHeir(group: Group, master: string, patience = PATIENCE): Promise<string> {
  let refused: string | undefined;
  const heir = await waitFor(async () => {
    const choice = heirOf(await statesOf(group), master);
    refused = choice.refused;
    return choice.name;
  }, patience);
  if (heir === undefined) {
    throw new UserError(`${master} cannot hand over: ${refused}; nothing was switched`);
  }
  return heir;
}

/** Who takes over from a master that answers, by the same rules as in every hand-over; pure. */
export function heirOf(states: readonly NodeState[], master: string): Choice {
  const own = states.find(({ name }) => name === master);
  if (own?.facts === undefined) {
    return { refused: `it does not answer (${own?.error ?? "unknown"})` };
  }
  const others = states.filter(({ name }) => name !== master);
  return chooseCandidate({ name: master, address: own.address, offset: own.facts.offset }, others);
}
