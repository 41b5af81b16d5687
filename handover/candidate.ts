import type { Endpoint } from "../config/plan";
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
