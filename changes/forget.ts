import type { DeploymentPlan } from "../config/plan";
import type { Contract } from "../outputs/contract";
import { lookAtMembers, type MemberState } from "./look";
import type { PresentMember } from "./present";
import { restartSentinel } from "./restart";

export interface Forgetting {
  /** The members' containers. */
  readonly present: readonly PresentMember[];
  /**
   * Whether strangers that are up are forgotten too: right after members were stopped, Sentinels do not see them down
   * yet; without that, a stranger that is up is somebody else's doing, and for the checks to report.
   */
  readonly all: boolean;
  readonly say: (line: string) => void;
}

/**
 * Lets the Sentinels forget what is no member any more, so that nothing foreign is enslaved when an address is used
 * again, and no ghost counts for a majority.
 *
 * Sentinel has no command that forgets one instance: RESET forgets all, and is blind until the next INFO. A Sentinel
 * that starts again writes its file from the plan (see node/sentinel.sh), so they are restarted, one after the other,
 * each only when the one before has its quorum again, and knows a replica that could take over: at every moment a quorum
 * of them could carry out a failover.
 */
export async function forgetStrangers(
  plan: DeploymentPlan,
  contract: Contract,
  { present, all, say }: Forgetting,
): Promise<void> {
  for (const state of await lookAtMembers(plan, contract, present)) {
    const ghosts = ghostsOf(state, all);
    if (ghosts.length > 0) {
      await restartSentinel(contract, state.member.name, "to forget members that left");
      say(`${state.member.name} was restarted and has forgotten ${ghosts.join(", ")}`);
    }
  }
}

/** Addresses that a Sentinel has to forget; pure. */
export function ghostsOf({ strangers }: MemberState, all: boolean): readonly string[] {
  return strangers.filter(({ down }) => all || down).map(({ address }) => address);
}
