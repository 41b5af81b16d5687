import { setTimeout as sleep } from "node:timers/promises";
import { membersOf } from "../checks/members";
import { Hopeless, type AskContainer } from "../checks/hopeless";
import { progressTo } from "../checks/progress";
import { Patience } from "../checks/patience";
import { currentMaster } from "../checks/roles";
import type { GroupView } from "../checks/view";
import type { Contract } from "../outputs/contract";
import { answers, obstacles, type Obstacle } from "../checks/gate";
import { nextOf, orderOf, type Replacement } from "./order";
import { stoppedSentence } from "./stopped";

/** What a rollout does to the world. */
export interface Stage {
  /** One bounded look at the group; never rejects. */
  look(): Promise<GroupView>;
  /** Done once, before the gate is passed for the first time: what lets a look see every member. */
  prepare(): Promise<void>;
  /** What the engine says of a member's container. */
  readonly container: AskContainer;
  /** Lets a member's replacement begin. */
  release(name: string): void;
  /** Resolves, with the id of its container, once a released member is what the plan says. */
  done(name: string): Promise<string>;
  /** Makes another node the master before this one is replaced; undefined where its own stop does that. */
  readonly handOver?: (master: string) => Promise<void>;
  /** What a member that does not come back says itself: its health check's and its log's last words; may be empty. */
  lastWords(name: string): Promise<string>;
  /** A line for whoever watches; `passing` ones need not be kept. */
  tell(line: string, passing?: boolean): void;
}

/** Bounds of a rollout, in milliseconds. */
export interface Pace {
  /** How long, before each step, the others may be not yet well while nothing comes further; see `Patience`. */
  readonly patienceMs: number;
  readonly lookEveryMs: number;
}

/** A rollout ended early; the message is all that its user needs. */
export class RolloutStopped extends Error {
  constructor(
    /** The member that was to be next. */
    readonly next: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Gives every member its turn, one after the other. One that is replaced is released only when all others can be counted
 * on; and so is one that nothing is known to replace, after any that was: whatever the cause, no two are away at once.
 *
 * @throws RolloutStopped when they cannot; everybody who was not released is as before.
 */
export async function conduct(
  contract: Contract,
  turns: readonly Replacement[],
  stage: Stage,
  pace: Pace,
): Promise<void> {
  // What does not run interrupts nobody when it is made anew, and the others may need it.
  const down = turns.filter((member) => member.down);
  down.forEach(({ name }) => stage.release(name));
  const made = await Promise.all(down.map(async ({ name, id }) => (await stage.done(name)) !== id));

  const present = new Set(turns.map(({ name }) => name));
  // What was not there when the update began is made by it, and has only not come yet.
  const container: AskContainer = async (member) => {
    const state = await stage.container(member);
    return state?.status === "absent" && !present.has(member.name) ? undefined : state;
  };
  const announced = turns.filter(({ unexpected }) => unexpected !== true);
  let remaining = turns.filter((member) => !member.down);
  let prepared: Promise<void> | undefined;
  let asExpected = true;
  let surprised = false;
  let handedOver = false;
  // Those that are made anew, and perhaps not back yet.
  const back = new Set(down.filter((_, index) => made[index]).map(({ name }) => name));
  let master = currentMaster(contract, await stage.look())?.name;
  while (remaining.length > 0) {
    let next = nextOf(remaining, master)!;
    // An update that replaces nobody is none of the gate's business.
    if (back.size > 0 || announced.some((member) => remaining.includes(member))) {
      await (prepared ??= stage.prepare());
      ({ next, master } = await passGate(contract, remaining, back, stage, container, pace));
    }
    // With --target, members that were to be replaced stay as they are: then the master may be meant to stay, too. And
    // what replaced a member that was not to be, will most likely replace this one.
    if (
      next.name === master &&
      !handedOver &&
      (next.unexpected === true ? surprised : asExpected) &&
      stage.handOver !== undefined &&
      contract.nodes.length > 1
    ) {
      handedOver = true;
      await stage.handOver(next.name);
      continue;
    }
    if (next.unexpected !== true) {
      const count = `${announced.filter((member) => !remaining.includes(member)).length + 1} of ${announced.length}`;
      stage.tell(`all others are well: replaces ${next.name} (${count})`, true);
    }
    stage.release(next.name);
    const isNew = (await stage.done(next.name)) !== next.id;
    if (isNew) {
      back.add(next.name);
    }
    if (next.unexpected === true && isNew) {
      surprised = true;
      stage.tell(`${next.name} was replaced as well, for a reason of the engine's or of Pulumi's`);
    }
    asExpected &&= isNew || next.unexpected === true;
    remaining = remaining.filter((member) => member !== next);
  }
}

/** Waits until somebody may be replaced, and says who. */
async function passGate(
  contract: Contract,
  remaining: readonly Replacement[],
  back: ReadonlySet<string>,
  stage: Stage,
  container: AskContainer,
  { patienceMs, lookEveryMs }: Pace,
): Promise<{ readonly next: Replacement; readonly master: string | undefined }> {
  const started = performance.now();
  const patience = new Patience(contract, patienceMs);
  let next = remaining[0]!;
  const hopeless = new Hopeless(container);
  const progress = progressTo((line) => stage.tell(`before ${next.name} is replaced, ${line}`, true));
  for (;;) {
    const view = await stage.look();
    const master = currentMaster(contract, view)?.name;
    next = nextOf(remaining, master)!;
    const except = new Set(
      [next, ...remaining.filter(({ broken, unexpected }) => broken && !unexpected)].map(({ name }) => name),
    );
    const against = obstacles(contract, view, except);
    // A member that was broken before and does not answer now serves nobody: what could its replacement interrupt?
    if (against.length === 0 || (next.broken && !answers(view, next.name))) {
      return { next, master };
    }
    const waitedMs = performance.now() - started;
    const lost = await hopeless.among(view, waitedMs);
    const isOver = !patience.lasts(view, waitedMs, lookEveryMs) || against.some(({ subject }) => subject === lost);
    if (isOver) {
      throw await stopped(contract, next, remaining, back, against, view, stage, patience.describe(waitedMs));
    }
    progress(against.map(shortly), waitedMs);
    await sleep(lookEveryMs);
  }
}

async function stopped(
  contract: Contract,
  next: Replacement,
  remaining: readonly Replacement[],
  back: ReadonlySet<string>,
  against: readonly Obstacle[],
  view: GroupView,
  stage: Stage,
  waited: string,
): Promise<RolloutStopped> {
  const members = new Set(membersOf(contract).map(({ name }) => name));
  // The one that was just replaced is most likely the cause of what the others say.
  const culprit =
    against.find(({ subject }) => back.has(subject)) ?? against.find(({ subject }) => members.has(subject));
  const words = culprit === undefined ? "" : await stage.lastWords(culprit.subject);
  const master = currentMaster(contract, view)?.name;
  const announced = remaining.filter(({ unexpected }) => unexpected !== true);
  const sentence = stoppedSentence({
    culprit: culprit ?? against[0]!,
    replaced: culprit !== undefined && back.has(culprit.subject),
    words,
    waited,
    untouched: orderOf(announced.length > 0 ? announced : remaining, master).map(({ name }) => name),
    master,
  });
  return new RolloutStopped(next.name, sentence);
}

/** Why there is no answer changes at every look while a container restarts; a line for each would tell nobody more. */
const shortly = ({ subject, seen }: Obstacle): Obstacle => ({ subject, seen: seen.replace(/ \([^)]*\)$/, "") });
