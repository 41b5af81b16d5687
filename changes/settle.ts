import type { DeploymentPlan } from "../config/plan";
import type { Contract } from "../outputs/contract";
import { forgetStrangers, ghostsOf } from "./forget";
import { findLeaving } from "./leaving";
import { lookAtMembers } from "./look";
import { retire } from "./retire";
import { tellMembers } from "./tell";

export interface Settling {
  readonly plan: DeploymentPlan;
  /** The members of the plan, all of them running by now. */
  readonly contract: Contract;
  /** The fixed id of each Sentinel, by its name. */
  readonly sentinelIds: Readonly<Record<string, string>>;
  /** `project/stack` */
  readonly stack: string;
  readonly say: (line: string) => void;
}

/**
 * Brings a running group to its plan where no container has to be replaced for it: settings that servers change while
 * they run, the word on who is a member, and the leave of those that are none any more.
 *
 * Does nothing, after one look, when the group has all of that. Every step can be repeated: an update that was
 * interrupted anywhere is finished by the next one.
 */
export async function settleGroup({ plan, contract, sentinelIds, stack, say }: Settling): Promise<void> {
  const [states, leaving] = await Promise.all([lookAtMembers(plan, contract), findLeaving(plan, stack)]);
  if (!states.every(({ current }) => current)) {
    await tellMembers(plan, sentinelIds);
    say("the members have the changed settings; none was restarted for them");
  }
  await retire(plan, contract, leaving, say);
  const all = leaving.length > 0;
  if (all || states.some((state) => ghostsOf(state, all).length > 0)) {
    await forgetStrangers(plan, contract, { all, say });
  }
}
