import { UserError } from "../config/userError";
import { requireNode } from "./failover";
import { fenceOf, type Fence } from "./fence";
import { stateOf, statesOf, type Group, type Member } from "./group";
import { becomeReplica, WritePause } from "./pause";
import { whyNotInSync, type NodeState } from "./replication";
import { sameEndpoint } from "./sentinelView";
import { awaitCaughtUp, awaitInSync, InDoubt, named, orResume, type Handover } from "./steps";
import { waitFor } from "./waiting";

/** What a promotion would do, and what it would cost; pure facts, nothing was changed yet. */
export interface PromotionPlan {
  readonly chosen: Member;
  /** The master that answers, to be paused and to follow; undefined when none does. */
  readonly master?: Member;
  /** Every node that answers, but the chosen one. */
  readonly followers: readonly Member[];
  /** Names of nodes that do not answer. */
  readonly absent: readonly string[];
  /** What is or may be lost, each a sentence; with any, the operator has to insist. */
  readonly risks: readonly string[];
}

/** Whether there is something to do, and at what risk. */
export type PromotionVerdict =
  | { readonly kind: "already" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "go"; readonly master?: string; readonly risks: readonly string[] };

/**
 * Judges a promotion by what the nodes say; pure.
 *
 * @param chosen name of the node that is to become master.
 */
export function judgePromotion(states: readonly NodeState[], chosen: string): PromotionVerdict {
  const own = states.find(({ name }) => name === chosen);
  if (own?.facts === undefined) {
    return { kind: "refused", reason: `${chosen} does not answer (${own?.error ?? "unknown"})` };
  }
  const others = states.filter(({ name }) => name !== chosen);
  const masters = others.filter(({ facts }) => facts?.role === "master");
  if (own.facts.role === "master") {
    return masters.length === 0
      ? { kind: "already" }
      : {
          kind: "go",
          risks: masters.map(({ name }) => `${name} is a master as well: what was only written there is lost`),
        };
  }
  const { follows, offset } = own.facts;
  const master = masters.find(({ address }) => follows !== undefined && sameEndpoint(address, follows)) ?? masters[0];
  const risks: string[] = [];
  if (master === undefined) {
    const last = follows === undefined ? undefined : states.find(({ address }) => sameEndpoint(address, follows));
    risks.push(`${last?.name ?? "the master"} does not answer: writes that only it has are lost`);
  } else {
    const reason = whyNotInSync(own, master.address);
    if (reason !== undefined) {
      risks.push(`${chosen} ${reason}: writes that only ${master.name} has are lost`);
    }
  }
  for (const other of masters.filter((each) => each !== master)) {
    risks.push(`${other.name} is a master as well: what was only written there is lost`);
  }
  if (master === undefined) {
    for (const { name, facts } of others) {
      if (facts?.role === "replica" && facts.offset > offset) {
        risks.push(`${name} has ${facts.offset - offset} bytes more than ${chosen}: promote ${name} instead`);
      }
    }
  }
  return { kind: "go", master: master?.name, risks };
}

/**
 * Looks at the nodes and decides what a promotion would do.
 *
 * @throws UserError when there is nothing to do, or it cannot be done.
 */
export async function planPromotion(group: Group, name: string): Promise<PromotionPlan | "already"> {
  requireNode(group, name);
  const states = await statesOf(group);
  const verdict = judgePromotion(states, name);
  if (verdict.kind === "already") {
    return "already";
  }
  if (verdict.kind === "refused") {
    throw new UserError(`${verdict.reason}; nothing was changed.`);
  }
  const answering = states.filter(({ facts }) => facts !== undefined).map((state) => state.name);
  const member = (wanted: string) => group.nodes.find((node) => node.name === wanted)!;
  return {
    chosen: member(name),
    master: verdict.master === undefined ? undefined : member(verdict.master),
    followers: answering.filter((each) => each !== name).map(member),
    absent: states.filter(({ facts }) => facts === undefined).map((state) => state.name),
    risks: verdict.risks,
  };
}

/** What came of it. */
export interface PromotionResult {
  /** Undefined when there was no master whose writes could be paused. */
  readonly pausedMs?: number;
}

/**
 * Makes the chosen node the master and all others its replicas. A plan with risks was agreed to; one without is not
 * carried out at a loss.
 */
export async function promote(group: Group, plan: PromotionPlan, handover: Handover): Promise<PromotionResult> {
  const { chosen, master, followers } = plan;
  const { say } = handover;
  let pause: WritePause | undefined;
  let fences: readonly Fence[] = [];
  if (master !== undefined) {
    pause = await WritePause.begin(master);
    say(`writes are paused on ${master.name}`);
    const held = pause;
    await orResume(master, held, async () => {
      fences = await Promise.all([chosen, master].map(fenceOf));
      if (plan.risks.length === 0) {
        const offset = await awaitCaughtUp(group, master, chosen, held, handover);
        say(`${chosen.name} has every write (offset ${offset})`);
        if (!held.holds) {
          throw new UserError("this machine stood still meanwhile, and writes may have gone on; try again");
        }
      }
      fences.forEach((fence) => fence.lift());
      try {
        await becomeMaster(group, chosen, held);
      } catch (error) {
        if (!(error instanceof InDoubt)) {
          await raised(fences);
        }
        throw error;
      }
    });
  } else {
    await becomeMaster(group, chosen);
  }
  say(`${chosen.name} is the master`);
  await repoint(plan, pause, handover);
  await awaitInSync(group, chosen, followers, handover);
  await raised(fences);
  return { pausedMs: pause?.ms };
}

const raised = (fences: readonly Fence[]) => Promise.all(fences.map((fence) => fence.raise()));

/** For how long a node that was told to become master, and fell silent, is asked what it is. */
const DOUBT = { forMs: 10_000, everyMs: 200 };

/**
 * @param pause what holds the old master's writes back meanwhile.
 * @throws InDoubt when the node does not say whether it became master: a frozen one does so as soon as it goes on.
 */
async function becomeMaster(group: Group, chosen: Member, pause?: WritePause): Promise<void> {
  try {
    await chosen.redis.call("REPLICAOF", "NO", "ONE");
  } catch (error) {
    // No answer is not a no. On the same connection the question is answered after the command was carried out.
    const role = await waitFor(async () => {
      await pause?.renew();
      return (await stateOf(group, chosen)).facts?.role;
    }, DOUBT);
    if (role === undefined) {
      throw new InDoubt(
        `${chosen.name} was told to become the master and does not answer any more: it may become it at any moment. Kill its container before two nodes take writes (docker kill ${chosen.name}), then run \`npm run up\``,
      );
    }
    if (role !== "master") {
      throw error;
    }
  }
}

/** All others follow the new master; the old one first of all lets its clients go there. */
async function repoint(
  { chosen, master, followers }: PromotionPlan,
  pause: WritePause | undefined,
  { say }: Handover,
): Promise<void> {
  const results = await Promise.allSettled(
    followers.map(async (node) => {
      if (node === master && pause !== undefined) {
        await pause.endAsReplicaOf(chosen.address);
      } else {
        await becomeReplica(node, chosen.address);
      }
    }),
  );
  const untold = followers.filter((_, index) => results[index]?.status === "rejected");
  if (untold.length > 0) {
    throw new UserError(
      `${chosen.name} is the master now, but ${untold.map(named).join(", ")} could not be told; stop it before it takes writes, then: npm run up`,
    );
  }
  const names = followers.map(({ name }) => name).join(", ");
  say(
    `${names} ${followers.length === 1 ? "follows" : "follow"} it${pause === undefined ? "" : `; writes were paused for ${pause.ms} ms`}`,
  );
}
