import type { Endpoint } from "../../config/plan";
import { whyNotInSync, type NodeState } from "./replication";

/** The replica that takes over, or why none can. */
export type Choice =
  | { readonly name: string; readonly lagBytes: number; readonly refused?: undefined }
  | { readonly name?: undefined; readonly refused: string };

/** The master that a hand-over starts from. */
export interface MasterState {
  readonly name: string;
  readonly address: Endpoint;
  readonly offset: number;
}

/**
 * Chooses the replica to which the master hands over: in sync, and of those the one with the least to catch up.
 *
 * @param others all data nodes but the master.
 * @param wanted name of the one and only replica that the operator wants.
 */
export function chooseCandidate(master: MasterState, others: readonly NodeState[], wanted?: string): Choice {
  const considered = wanted === undefined ? others : others.filter(({ name }) => name === wanted);
  const reasons: string[] = [];
  const able: { name: string; lagBytes: number }[] = [];
  for (const state of considered) {
    const reason = whyNotPromotable(state, master.address);
    if (reason === undefined && state.facts !== undefined) {
      able.push({ name: state.name, lagBytes: Math.max(0, master.offset - state.facts.offset) });
    } else {
      reasons.push(`${state.name} ${reason}`);
    }
  }
  const [first, ...rest] = able;
  if (first === undefined) {
    return { refused: reasons.length > 0 ? reasons.join("; ") : "there is no replica" };
  }
  return rest.reduce((best, next) => (next.lagBytes < best.lagBytes ? next : best), first);
}

function whyNotPromotable(state: NodeState, master: Endpoint): string | undefined {
  const reason = whyNotInSync(state, master);
  return reason === undefined && state.facts?.priority === 0
    ? "may not be promoted (replica-priority 0: it has never synced)"
    : reason;
}

/** A replica-priority to set for the time of a hand-over. */
export interface PriorityChange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Smaller comes first; 0 is never. */
const CHOSEN_PRIORITY = 1;
const OTHER_PRIORITY = 100;

/** The priorities that make Sentinel choose this replica and no other: only those that have to change. */
export function prioritiesFor(candidate: string, others: readonly NodeState[]): PriorityChange[] {
  return others.flatMap(({ name, facts }) => {
    if (facts?.role !== "replica") {
      return [];
    }
    const from = facts.priority;
    const isRival = name !== candidate && from > 0 && from <= CHOSEN_PRIORITY;
    const to = name === candidate ? CHOSEN_PRIORITY : isRival ? OTHER_PRIORITY : from;
    return from === to ? [] : [{ name, from, to }];
  });
}
