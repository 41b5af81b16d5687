import { endpointText, type Endpoint } from "../../config/plan";
import { nearestName } from "../../config/problems";
import { infoOf, listOf, type Fields } from "../../checks/replies";
import { EXIT, UserError } from "../userError";
import { chooseCandidate, prioritiesFor, type PriorityChange } from "./candidate";
import { masterByMajority, masterNamedBy, nodeAt, statesOf, type Group, type Member } from "./group";
import { WritePause } from "./pause";
import type { NodeState } from "./replication";
import { isAligned, namedByMajority, prefers, sameEndpoint } from "./sentinelView";
import { awaitCaughtUp, awaitInSync, named, orResume, stopIfAsked, type Handover } from "./steps";
import { waitFor } from "./waiting";

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

/** Sentinel's INFO to a replica: every 10 s, hastened to this for the time of the hand-over. */
const HASTENED_INFO_MS = 1000;
/** Sentinel sees the new priority at its next INFO: 1 s when hastened, 10 s when it knows no such command. */
const ALIGNMENT = { forMs: 13_000, everyMs: 10 };
const SWITCH = { forMs: 10_000, everyMs: 10 };

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
      `The Sentinels name ${named(master)}, but it ${what}; they sort that out by themselves within their time-outs, see: npm run status --watch`,
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
 * Hands the master's role over without losing an acknowledged write.
 *
 * @throws UserError that says what was done and what was not.
 */
export async function failOver(group: Group, plan: FailoverPlan, handover: Handover): Promise<FailoverResult> {
  const { master, candidate } = plan;
  const changes = prioritiesFor(candidate.name, plan.others);
  const hastened: Member[] = [];
  try {
    await setPriorities(group, changes, "to");
    handover.say(`${candidate.name} is preferred for promotion`);
    const sentinel = await readySentinel(group, candidate, hastened, handover);

    const pause = await WritePause.begin(master);
    handover.say(`writes are paused on ${master.name}`);
    const next = await orResume(master, pause, async () => {
      const offset = await awaitCaughtUp(group, master, candidate, handover);
      handover.say(`${candidate.name} has every write (offset ${offset})`);
      await pause.renew();
      const leader = await askForFailover(group, sentinel, candidate);
      handover.say(`${leader.name} starts the failover`);
      return await awaitSwitch(group, master, candidate);
    });
    await stepDown(pause, master, next);
    handover.say(`${master.name} follows ${next.name}; writes were paused for ${pause.ms} ms`);
    const present = plan.others.filter(({ facts }) => facts !== undefined).map(({ name }) => name);
    const replicas = group.nodes.filter(
      ({ name }) => name !== next.name && (name === master.name || present.includes(name)),
    );
    await awaitInSync(group, next, replicas, handover);
    return { master: next, pausedMs: pause.ms };
  } finally {
    await setPriorities(group, changes, "from").catch(() => undefined);
    await Promise.all(
      hastened.map((each) => each.redis.call("SENTINEL", "DEBUG", "INFO-PERIOD", 10_000).catch(() => undefined)),
    );
  }
}

async function setPriorities(group: Group, changes: readonly PriorityChange[], which: "from" | "to"): Promise<void> {
  await Promise.all(
    changes.map(async (change) => {
      const node = group.nodes.find(({ name }) => name === change.name);
      await node?.redis.config("SET", "replica-priority", change[which]);
    }),
  );
}

/** Waits for a Sentinel that would promote the candidate, and for the moment to ask it. */
async function readySentinel(
  group: Group,
  candidate: Member,
  hastened: Member[],
  { say, signal }: Handover,
): Promise<Member> {
  const able = (
    await Promise.all(group.sentinels.map(async (each) => ((await isAble(each)) ? each : undefined)))
  ).filter((each) => each !== undefined);
  // One is enough, and the others keep their pace.
  for (const each of able.slice(0, 1)) {
    hastened.push(each);
    await each.redis.call("SENTINEL", "DEBUG", "INFO-PERIOD", HASTENED_INFO_MS).catch(() => undefined);
  }
  let informed: Member | undefined;
  const aligned = await waitFor(async () => {
    stopIfAsked(signal);
    const views = await Promise.all(able.map(async (each) => ({ each, rows: await replicasSeenBy(group, each) })));
    const willing = views.filter(({ rows }) => prefers(rows, candidate.address));
    informed = willing[0]?.each ?? informed;
    return willing.find(({ rows }) => isAligned(rows, candidate.address))?.each;
  }, ALIGNMENT);
  if (aligned === undefined && informed === undefined) {
    throw new UserError(
      `No Sentinel would promote ${candidate.name} (${able.length} of ${group.sentinels.length} answer and watch it). Nothing was switched.`,
    );
  }
  if (aligned === undefined) {
    say("no Sentinel is at the best moment; writes will be paused for a second longer");
  }
  return (aligned ?? informed)!;
}

/** A Sentinel in TILT says OK and then does nothing for half a minute. */
async function isAble({ redis }: Member): Promise<boolean> {
  try {
    return infoOf(await redis.info("sentinel")).sentinel_tilt === "0";
  } catch {
    return false;
  }
}

async function replicasSeenBy({ contract }: Group, { redis }: Member): Promise<readonly Fields[]> {
  try {
    return listOf(await redis.call("SENTINEL", "REPLICAS", contract.masterName));
  } catch {
    return [];
  }
}

/** Asks one Sentinel after the other until one agrees, never two at once: two failovers would fight. */
async function askForFailover(group: Group, first: Member, candidate: Member): Promise<Member> {
  const refusals: string[] = [];
  for (const sentinel of [first, ...group.sentinels.filter((each) => each !== first)]) {
    if (sentinel !== first && !prefers(await replicasSeenBy(group, sentinel), candidate.address)) {
      refusals.push(`${sentinel.name} does not see ${candidate.name} as the preferred replica yet`);
      continue;
    }
    try {
      await sentinel.redis.call("SENTINEL", "FAILOVER", group.contract.masterName);
      return sentinel;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!/^(NOGOODSLAVE|ERR|IDONTKNOW|LOADING)/.test(reason)) {
        // A failover is under way (INPROG), or the question got no answer and may have been heard all the same: writes
        // had better stay paused until it is known.
        return sentinel;
      }
      refusals.push(`${sentinel.name}: ${reason}`);
    }
  }
  throw new UserError(`No Sentinel started a failover (${refusals.join("; ")})`);
}

/** Waits until a majority of the Sentinels names another master than before. */
async function awaitSwitch(group: Group, old: Member, candidate: Member): Promise<Member> {
  let answers: (Endpoint | undefined)[] = [];
  const next = await waitFor(async () => {
    answers = await Promise.all(group.sentinels.map((sentinel) => masterNamedBy(group, sentinel)));
    const address = namedByMajority(answers);
    return address === undefined || sameEndpoint(address, old.address) ? undefined : nodeAt(group, address);
  }, SWITCH);
  if (next !== undefined) {
    return next;
  }
  const [state] = await statesOf(group, [candidate]);
  if (state?.facts?.role === "master") {
    // Promoted, only not yet known to a majority: from here on there is no way back.
    return candidate;
  }
  const told = answers.filter((answer) => answer !== undefined).map(endpointText);
  throw new UserError(
    `the failover was not finished within ${SWITCH.forMs / 1000} s (the Sentinels name ${told.join(", ") || "nobody"})`,
  );
}

async function stepDown(pause: WritePause, old: Member, next: Member): Promise<void> {
  try {
    await pause.endAsReplicaOf(next.address);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `${next.name} is the master now, but ${old.name} could not be told (${reason}); Sentinel demotes it as soon as it answers. See: npm run status --watch`,
    );
  }
}
