import { missingSomewhere } from "./audit";
import { longestGap, reigns } from "./figures";
import type { FaultGroup } from "./group";
import { Load, type Acknowledged } from "./load";
import { RolePoller, type Observation } from "./roles";

/** Something that was done to the group. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** Everything seen in one round of a fault. */
export interface RoundRecord {
  /** When the load began and ended; milliseconds on the clock of `performance.now()`, as all times here. */
  readonly from: number;
  readonly to: number;
  readonly acknowledged: readonly Acknowledged[];
  readonly confirmed: readonly Acknowledged[];
  readonly observations: readonly Observation[];
  readonly marks: readonly Mark[];
  /** Longest time between two acknowledged writes of the plain load, in milliseconds. */
  readonly gapMs: number;
  /** Acknowledged writes that at least one node does not have afterwards. */
  readonly lost: readonly Acknowledged[];
  /** The same, of those that a replica had confirmed. */
  readonly lostConfirmed: readonly Acknowledged[];
  /** Commands answered with an error, by its first word. */
  readonly failed: Readonly<Record<string, number>>;
  /** Changes of the master that were seen from outside. */
  readonly handOvers: number;
}

/** What the body of a round works with: the group under load. */
export class Round {
  readonly marks: Mark[] = [];

  constructor(
    readonly group: FaultGroup,
    readonly load: Load,
    readonly roles: RolePoller,
  ) {}

  /** Notes for the timeline what happens now. */
  readonly mark = (text: string): void => {
    this.marks.push({ at: performance.now(), text });
  };
}

let loads = 0;

/** One round: load, the fault, the group whole again, a bit more load, and a look for every key on every node. */
export async function playRound(group: FaultGroup, body: (round: Round) => Promise<void>): Promise<RoundRecord> {
  loads += 1;
  const load = new Load(group.contract.connection, `load-${process.pid}-${loads}`);
  const roles = new RolePoller(group.contract);
  const round = new Round(group, load, roles);
  const from = performance.now();
  try {
    await load.more(400, 40);
    await body(round);
    await group.healthy();
    await load.more(400, 40);
  } finally {
    await load.stop();
    roles.stop();
  }
  const to = performance.now();
  await group.healthy();
  const all = [...load.plain, ...load.confirmed];
  const missing = await missingSomewhere(
    group.contract,
    all.map(({ key }) => key),
  );
  return {
    from,
    to,
    acknowledged: load.plain,
    confirmed: load.confirmed,
    observations: roles.observations,
    marks: round.marks,
    gapMs: longestGap(load.plain),
    lost: load.plain.filter(({ key }) => missing.has(key)),
    lostConfirmed: load.confirmed.filter(({ key }) => missing.has(key)),
    failed: Object.fromEntries(load.failed),
    handOvers: Math.max(0, reigns(roles.observations).length - 1),
  };
}
