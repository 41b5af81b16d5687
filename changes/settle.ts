import type { DeploymentPlan } from "../config/plan";
import type { Contract } from "../outputs/contract";
import { forgetStrangers, ghostsOf } from "./forget";
import { lookAtMembers, type MemberState } from "./look";
import { findPresent, leavingOf } from "./present";
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

const MOST_ROUNDS = 3;

const haveOldSettings = (states: readonly MemberState[]): boolean => states.some(({ settings }) => settings === "old");

/**
 * Brings a running group to its plan where no container has to be replaced for it: settings that servers change while
 * they run, the word on who is a member, and the leave of those that are none any more.
 *
 * Does nothing, after one look, when the group has all of that. Every step can be repeated: an update that was
 * interrupted anywhere is finished by the next one.
 */
export async function settleGroup({ plan, contract, sentinelIds, stack, say }: Settling): Promise<void> {
  const present = await findPresent(plan, stack);
  let states = await lookAtMembers(plan, contract, present);
  // A server that was just starting may have read the old word a moment before it was told the new one.
  for (let round = 0; round < MOST_ROUNDS && haveOldSettings(states); round += 1) {
    await tellMembers(plan, sentinelIds);
    say("the members have the changed settings; none was restarted for them");
    states = await lookAtMembers(plan, contract, present);
  }
  const leaving = leavingOf(plan, present);
  await retire(plan, contract, leaving, say);
  const all = leaving.length > 0;
  if (all || states.some((state) => ghostsOf(state, all).length > 0)) {
    await forgetStrangers(plan, contract, { present, all, say });
  }
}
