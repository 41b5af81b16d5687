import { containerState, type ContainerState } from "../engine/containerState";
import type { ContractMember } from "../outputs/contract";
import type { GroupView } from "./view";

/** Asks for the state of a member's container. */
export type AskContainer = (member: ContractMember) => Promise<ContainerState | undefined>;

export const askEngine: AskContainer = ({ engine, name }) => containerState(engine, name);

/** Milliseconds between two questions to the engines: each is a request for every member that does not answer. */
const ASK_EVERY_MS = 1000;
/** So often a container has to have ended again while it was waited for: once it may be a server that gives way. */
const RESTARTS = 2;

/**
 * Whether it is of no use to wait any longer for members that do not answer: their engines know that the containers are
 * paused, stopped or gone, or end again and again.
 */
export class Hopeless {
  private readonly restartsBefore = new Map<string, number>();
  private askedAt = -Infinity;

  constructor(private readonly ask: AskContainer = askEngine) {}

  /**
   * @param waitedMs how long has been waited so far.
   * @returns the name of such a member.
   */
  async among(view: GroupView, waitedMs: number): Promise<string | undefined> {
    if (waitedMs - this.askedAt < ASK_EVERY_MS) {
      return undefined;
    }
    this.askedAt = waitedMs;
    const silent = [...view.nodes, ...view.sentinels].filter(({ failure }) => failure !== undefined);
    const states = await Promise.all(
      silent.map(async ({ member }) => ({ name: member.name, state: await this.ask(member) })),
    );
    return states.find(({ name, state }) => state !== undefined && this.endsForGood(name, state))?.name;
  }

  private endsForGood(name: string, { status, restarts }: ContainerState): boolean {
    const before = this.restartsBefore.get(name) ?? restarts;
    this.restartsBefore.set(name, Math.min(before, restarts));
    switch (status) {
      case "running":
      case "restarting":
        return restarts - before >= RESTARTS;
      // It is about to be started, or removed.
      case "created":
      case "removing":
        return false;
      case "paused":
      case "exited":
      case "dead":
      case "absent":
        return true;
    }
  }
}
