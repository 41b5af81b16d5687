import type { Obstacle } from "../checks/gate";

/** Why an update stopped half-way. */
export interface Stopped {
  readonly culprit: Obstacle;
  /** Whether the culprit was made anew by this update. */
  readonly replaced: boolean;
  /** What the culprit's container says itself; may be empty. */
  readonly words: string;
  /** How long, and since when nothing had come further. */
  readonly waited: string;
  /** Names of the members that were to be replaced and were not. */
  readonly untouched: readonly string[];
  /** Who takes writes now. */
  readonly master: string | undefined;
}

/** What whoever ran the update reads when it stopped: who, why, what still works, and what to do. */
export function stoppedSentence({ culprit, replaced, words, waited, untouched, master }: Stopped): string {
  const { subject, seen } = culprit;
  const who = replaced
    ? `${subject} was replaced and did not come back within ${waited}: it ${seen}`
    : `${subject} ${seen}, and that did not change in ${waited}`;
  const says = words === "" ? "" : `; ${words}`;
  const serves = master === undefined ? "nobody is known to take writes" : `${master} is the master and serves`;
  return `${who}${says}. The update stopped there: ${serves}; not touched: ${untouched.join(", ")}. Put right what it says, then: npm run up, which goes on from here.`;
}
