import { converge } from "../checks/converge";
import { endpointText } from "../config/plan";
import { nearestName } from "../config/problems";
import { EXIT, UserError } from "../config/userError";
import { chooseCandidate } from "./candidate";
import { masterByMajority, nodeAt, statesOf, type Group, type Member } from "./group";
import { handOverInside, type NodeRunner } from "./inside";
import type { NodeState } from "./replication";
import { awaitInSync, named, type Handover } from "./steps";

/** Who hands over to whom; nothing was changed yet. */
export interface FailoverPlan {
  readonly master: Member;
  readonly candidate: Member;
  readonly lagBytes: number;
  /** All data nodes but the master. */
  readonly others: readonly NodeState[];
}

/** What came of it. */
export interface FailoverResult {
  readonly master: Member;
  readonly pausedMs: number;
}

/**
 * Looks at the group and decides who would take over.
 *
 * @param wanted the one replica that the operator wants.
 * @throws UserError with the reason when nobody can, or there is nothing to do.
 */
export async function planFailover(group: Group, wanted?: string): Promise<FailoverPlan> {
  requireNode(group, wanted);
  const address = await masterByMajority(group);
  if (address === undefined) {
    throw new UserError("No majority of the Sentinels names a master, so none can be handed over; see: npm run status");
  }
  const master = nodeAt(group, address);
  if (master === undefined) {
    throw new UserError(
      `The Sentinels name ${endpointText(address)}, which is no node of this deployment; see: npm run status`,
    );
  }
  if (master.name === wanted) {
    throw new UserError(`${named(master)} is the master already.`, EXIT.ok);
  }
  const states = await statesOf(group);
  const own = states.find(({ name }) => name === master.name);
  if (own?.facts?.role !== "master") {
    const what = own?.error === undefined ? "is a replica" : `does not answer (${own.error})`;
    throw new UserError(
      `The Sentinels name ${named(master)}, but it ${what}; they sort that out by themselves within their time-outs, see: npm run status -- --watch`,
    );
  }
  const others = states.filter(({ name }) => name !== master.name);
  const choice = chooseCandidate(
    { name: master.name, address: master.address, offset: own.facts.offset },
    others,
    wanted,
  );
  if (choice.name === undefined) {
    throw new UserError(
      `${wanted === undefined ? "No replica can take over" : "It cannot take over"}: ${choice.refused}.`,
    );
  }
  const candidate = group.nodes.find(({ name }) => name === choice.name)!;
  return { master, candidate, lagBytes: choice.lagBytes, others };
}

/** @throws UserError that names the nearest node when there is none of this name. */
export function requireNode(group: Group, name: string | undefined): void {
  const names = group.nodes.map((node) => node.name);
  if (name !== undefined && !names.includes(name)) {
    const nearest = nearestName(name, names);
    throw new UserError(
      `There is no node "${name}"; ${nearest === undefined ? `there are ${names.join(", ")}` : `did you mean ${nearest}?`}`,
      EXIT.usage,
    );
  }
}

/**
 * Has the master hand its role over, as it does when it is stopped, and waits until all replicas follow the new one.
 *
 * @throws UserError that says what was done and what was not.
 */
export async function failOver(
  group: Group,
  { master, candidate, others }: FailoverPlan,
  handover: Handover,
  runner?: NodeRunner,
): Promise<FailoverResult> {
  const done = await handOverInside(group.contract, master, candidate, handover, runner);
  const next = nodeAt(group, done.master);
  if (next === undefined) {
    throw new UserError(
      `The master is ${endpointText(done.master)} now, which is no node of this deployment; see: npm run status`,
    );
  }
  const present = others.filter(({ facts }) => facts !== undefined).map(({ name }) => name);
  const replicas = group.nodes.filter(
    ({ name }) => name !== next.name && (name === master.name || present.includes(name)),
  );
  await awaitInSync(group, next, replicas, handover);
  return { master: next, pausedMs: done.pausedMs };
}

/** Milliseconds that the Sentinels get to agree on what was done; when they do not, `status` says what is wrong. */
const AGREEMENT_MS = 15_000;

/**
 * A whole planned failover: {@link failOver}, and then the Sentinels agree. Clients go on before that; but the Sentinel
 * that led the failover ends it a second or two later.
 */
export async function handOver(
  group: Group,
  plan: FailoverPlan,
  handover: Handover,
  runner?: NodeRunner,
): Promise<FailoverResult> {
  const result = await failOver(group, plan, handover, runner);
  // Without the signal: whoever stops it now would not be told that the role has moved.
  const { judgement } = await converge(group.contract, AGREEMENT_MS, () => undefined);
  const agreed = judgement.findings.length === 0;
  handover.say(agreed ? "all Sentinels agree" : "not all Sentinels agree yet; `npm run status` says what is wrong");
  return result;
}
