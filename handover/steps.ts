import { setTimeout as sleep } from "node:timers/promises";
import { openObserver } from "../checks/observe";
import { Patience } from "../checks/patience";
import { endpointText } from "../config/plan";
import { reasonOf } from "../config/reason";
import { UserError } from "../config/userError";
import { stateOf, statesOf, type Group, type Member } from "./group";
import type { WritePause } from "./pause";
import { whyNotInSync } from "./replication";
import { waitFor } from "./waiting";

/** Tells the operator what was just done. */
export type Say = (line: string) => void;

/** What a hand-over needs beside the group. */
export interface Handover {
  readonly say: Say;
  /** Aborted when the operator wants to stop; heeded only until the roles are switched. */
  readonly signal?: AbortSignal;
}

/** For how long writes stay paused, at most, for a replica to catch up. */
const CATCH_UP = { forMs: 5000, everyMs: 5 };
const IN_SYNC_EVERY_MS = 100;

/** `redis-replica-1 (127.0.0.1:6381)`, where a person on this machine would reach it. */
export const named = ({ name, reached }: Member): string => `${name} (${endpointText(reached)})`;

export function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new UserError("stopped as asked");
  }
}

/**
 * Waits until the candidate has every write of the paused master. Both are asked themselves: what a master knows of a
 * replica's offset is up to a second old. The pause is renewed before each comparison, so that one that ran out is never
 * taken for one that holds.
 *
 * @returns the offset that both have.
 */
export async function awaitCaughtUp(
  group: Group,
  master: Member,
  candidate: Member,
  pause: WritePause,
  { signal }: Handover,
): Promise<number> {
  let behind: string | undefined;
  const offset = await waitFor(async () => {
    stopIfAsked(signal);
    await pause.renew();
    const [ahead, own] = await Promise.all([stateOf(group, master), stateOf(group, candidate)]);
    if (ahead.facts === undefined || own.facts === undefined) {
      throw new UserError(
        `${(ahead.facts === undefined ? ahead : own).name} does not answer (${ahead.error ?? own.error})`,
      );
    }
    const missing = ahead.facts.offset - own.facts.offset;
    behind = whyNotInSync(own, master.address) ?? `is still ${missing} bytes behind`;
    const has = missing <= 0 && pause.holds && whyNotInSync(own, master.address) === undefined;
    return has ? own.facts.offset : undefined;
  }, CATCH_UP);
  if (offset === undefined) {
    throw new UserError(`${candidate.name} ${behind} after ${CATCH_UP.forMs / 1000} s`);
  }
  return offset;
}

/** Nobody knows whether the roles were switched. */
export class InDoubt extends UserError {}

/**
 * Runs the part of a hand-over in which nothing is switched yet. Whatever goes wrong in it, writes go on as before; but
 * in doubt they stay held, until the server itself ends the pause.
 *
 * @throws UserError that says so.
 */
export async function orResume<T>(master: Member, pause: WritePause, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InDoubt) {
      throw new UserError(`${error.message}. The writes on ${master.name} stay held for 15 s at most.`);
    }
    const reason = reasonOf(error);
    const resumed = await pause.end().then(
      () => `Nothing was switched; ${master.name} is still the master, and its writes go on after ${pause.ms} ms.`,
      () => `Nothing was switched; ${master.name} could not be told to go on and does so by itself within 15 s.`,
    );
    throw new UserError(`${reason}. ${resumed}`);
  }
}

/**
 * Waits until all the replicas that were there are in sync with the new master.
 *
 * @param replicas the nodes to wait for.
 */
export async function awaitInSync(
  group: Group,
  master: Member,
  replicas: readonly Member[],
  { say }: Handover,
): Promise<void> {
  const patience = new Patience(group.contract, group.contract.checkTimeoutS * 1000);
  const observer = openObserver(group.contract);
  const since = performance.now();
  try {
    for (;;) {
      const states = await statesOf(group, replicas);
      const lagging = states.flatMap((state) => {
        const reason = whyNotInSync(state, master.address);
        return reason === undefined ? [] : [`${state.name} ${reason}`];
      });
      if (lagging.length === 0) {
        break;
      }
      const waitedMs = performance.now() - since;
      if (!patience.lasts(await observer.look(), waitedMs, IN_SYNC_EVERY_MS)) {
        throw new UserError(
          `${master.name} is the master, but after ${patience.describe(waitedMs)} ${lagging.join("; ")}; look at it with: npm run status`,
        );
      }
      await sleep(IN_SYNC_EVERY_MS);
    }
  } finally {
    observer.close();
  }
  say(`${replicas.length === 1 ? "1 replica is" : `all ${replicas.length} replicas are`} in sync with ${master.name}`);
}
