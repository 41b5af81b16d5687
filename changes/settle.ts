import { failure } from "../config/failure";
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
  /** Value of the label that the deployment's containers carry. */
  readonly owner: string;
  readonly say: (line: string) => void;
}

const MOST_ROUNDS = 3;

/**
 * Brings a running group to its plan where no container has to be replaced for it: settings that servers change while
 * they run, the word on who is a member, and the leave of those that are none any more.
 *
 * Does nothing, after one look, when the group has all of that. Every step can be repeated: an update that was
 * interrupted anywhere is finished by the next one.
 *
 * @throws when a member has the old settings in spite of all, or does not take them; or one that leaves cannot go.
 */
export async function settleGroup({ plan, contract, sentinelIds, owner, say }: Settling): Promise<void> {
  const present = await findPresent(plan, owner);
  const states = await tellUntilCurrent({
    look: () => lookAtMembers(plan, contract, present),
    tell: () => tellMembers(plan, sentinelIds),
    say,
  });
  const leaving = leavingOf(plan, present);
  await retire(plan, contract, leaving, say);
  const all = leaving.length > 0;
  if (all || states.some((state) => ghostsOf(state, all).length > 0)) {
    await forgetStrangers(plan, contract, { present, all, say });
  }
}

/** How the members are told their settings, and shown to have them. */
export interface Telling {
  readonly look: () => Promise<readonly MemberState[]>;
  readonly tell: () => Promise<void>;
  readonly say: (line: string) => void;
}

/**
 * Tells the members their settings until none of them shows the old ones. Those that do not run, or do not answer, show
 * nothing: the checks wait for them, and report them when they do not come.
 *
 * @returns what the last look saw.
 * @throws when members that answer have the old settings still.
 */
export async function tellUntilCurrent({ look, tell, say }: Telling): Promise<readonly MemberState[]> {
  const first = await look();
  let states = first;
  // A server that was just starting may have read the old word a moment before it was told the new one.
  for (let round = 0; round < MOST_ROUNDS && withOldSettings(states).length > 0; round += 1) {
    await tell();
    states = await look();
  }
  const old = withOldSettings(states);
  if (old.length > 0) {
    throw failure(
      `${old.join(", ")} ${old.length === 1 ? "still has" : "still have"} the settings of before, after being told the changed ones ${MOST_ROUNDS} times. See: npm run logs -- ${old[0]}; put it right, then run \`npm run up\` again.`,
    );
  }
  if (states !== first) {
    const all = states.every(({ settings }) => settings === "current");
    say(`the members ${all ? "" : "that answer "}have the changed settings; none was restarted for them`);
  }
  return states;
}

const withOldSettings = (states: readonly MemberState[]): readonly string[] =>
  states.filter(({ settings }) => settings === "old").map(({ member }) => member.name);
