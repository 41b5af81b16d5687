import { withGroup, statesOf, type Group } from "../ops/handover/group";
import { planPromotion, promote } from "../ops/handover/promotion";
import { awaitRecorded } from "../ops/handover/record";
import { whyNotInSync } from "../ops/handover/replication";
import { UserError } from "../ops/userError";
import type { Contract } from "../outputs/contract";

/**
 * Makes a replica the master before the present one is replaced, without losing a write: what Sentinel does elsewhere.
 *
 * @param tell gets a line for each step.
 * @throws UserError when no replica can take over without a loss; nothing is switched then.
 */
export async function promoteAnother(contract: Contract, master: string, tell: (line: string) => void): Promise<void> {
  await withGroup(contract, async (group) => {
    const heir = await chooseHeir(group, master);
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

/** The replica that is in sync and has most. */
async function chooseHeir(group: Group, master: string): Promise<string> {
  const address = group.nodes.find(({ name }) => name === master)!.address;
  const states = (await statesOf(group)).filter(({ name }) => name !== master);
  const [best] = states
    .filter((state) => whyNotInSync(state, address) === undefined)
    .sort((a, b) => (b.facts?.offset ?? 0) - (a.facts?.offset ?? 0));
  if (best === undefined) {
    const reasons = states.map((state) => `${state.name} ${whyNotInSync(state, address)}`).join("; ");
    throw new UserError(`${master} cannot hand over, since no replica is in sync: ${reasons}`);
  }
  return best.name;
}
