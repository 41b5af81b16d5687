import { endpointText } from "../config/plan";
import { announcedBy } from "./members";
import { isStandby } from "./undecided";
import type { GroupView, NodeFacts, NodeView } from "./view";
import type { Contract } from "../outputs/contract";

/** Work that takes the longer the more data there is, at one moment. */
export interface Advance {
  /** Which work it is: one of another name is work of its own. */
  readonly work: string;
  /** How far it has come; more is further. */
  readonly amount: number;
  /** Reads on from "at last": "redis-replica-1 had loaded 45 % of its data set". */
  readonly text: string;
}

/** Less than this a replica may be behind; it is no work that is waited for (see `MAX_LAG_BYTES` of the checks). */
const BEHIND_BYTES = 16 * 1024 * 1024;

/**
 * What a look shows of the work that a group waits for: data that is loaded, copied, or caught up with; pure.
 *
 * The stream of changes itself is none: it goes on for ever.
 */
export function advancesOf(contract: Contract, view: GroupView): readonly Advance[] {
  return view.nodes.flatMap((node) => (node.facts === undefined ? [] : nodeAdvances(contract, view, node, node.facts)));
}

function nodeAdvances(contract: Contract, view: GroupView, { member }: NodeView, facts: NodeFacts): Advance[] {
  const { name } = member;
  const { info, following } = facts;
  const number = (field: string): number => Number(info[field] ?? 0);
  const advances: Advance[] = [];
  const source = following === undefined || isStandby(following) ? "disk" : endpointText(following.master);
  if (facts.loading) {
    // What was copied from a master is loaded after it, and is other work than what was on the disk before.
    advances.push({
      work: `${name} loads from ${source}`,
      amount: number("loading_loaded_bytes"),
      text: `${name} had loaded ${loaded(info) ?? "none"} of its data set`,
    });
  }
  if (following?.syncing === true) {
    advances.push({
      work: `${name} copies from ${source}`,
      amount: number("master_sync_read_bytes"),
      text: `${name} had copied ${copied(info) ?? "none"} of the data set`,
    });
  }
  const waiting = facts.attached
    .filter(({ state }) => state !== "online")
    .map((replica) => announcedBy(contract, replica)?.name ?? replica.host)
    .sort();
  // A copy is written to the master's disk first, where the setting says so; a file that a start waits for, too.
  const forWhom = waiting.length > 0 ? waiting.join(", ") : isStandby(following) ? "its own start" : undefined;
  if (forWhom !== undefined && number("current_save_keys_total") > 0) {
    const [done, all] = [number("current_save_keys_processed"), number("current_save_keys_total")];
    advances.push({
      work: `${name} writes for ${forWhom}`,
      amount: done,
      text: `${name} had written ${done} of ${all} keys for ${forWhom}`,
    });
  }
  const behind = bytesBehind(contract, view, facts);
  if (behind > BEHIND_BYTES) {
    advances.push({
      work: `${name} catches up`,
      amount: -behind,
      text: `${name} was ${behind} bytes behind its master`,
    });
  }
  return advances;
}

function bytesBehind(contract: Contract, view: GroupView, { following, offset }: NodeFacts): number {
  const master = following === undefined ? undefined : announcedBy(contract, following.master);
  const ahead = view.nodes.find(({ member }) => member.name === master?.name)?.facts;
  return ahead === undefined || following?.linkUp !== true ? 0 : ahead.offset - offset;
}

/** `, 45 % so far`: how much of its data set a node has loaded; empty where it does not say. */
export const loadedSoFar = ({ info }: NodeFacts): string => added(loaded(info));

/** The same for how much of it a replica has copied. */
export const copiedSoFar = ({ info }: NodeFacts): string => added(copied(info));

const added = (part: string | undefined): string => (part === undefined ? "" : `, ${part} so far`);

type Info = NodeFacts["info"];

const loaded = (info: Info) => soFar(info.loading_loaded_bytes, info.loading_total_bytes);
const copied = (info: Info) => soFar(info.master_sync_read_bytes, info.master_sync_total_bytes);

/** `45 %`, or how much there is where nobody knows the whole: a copy that was never on a disk has no size. */
function soFar(bytes: string | undefined, total: string | undefined): string | undefined {
  if (bytes === undefined) {
    return undefined;
  }
  const [done, all] = [Number(bytes), Number(total ?? 0)];
  return all > 0 ? `${Math.min(100, Math.floor((100 * done) / all))} %` : `${Math.floor(done / 1024 / 1024)} MiB`;
}

/**
 * How long to wait for a group: until nothing has come further for a time. A large data set takes as long as it takes,
 * and what hangs, or begins anew again and again, is not waited for. No clock of its own.
 */
export class Patience {
  private readonly furthest = new Map<string, number>();
  private progressMs = 0;
  private lastProgress: string | undefined;

  /** @param forMs how long nothing may come further, in milliseconds. */
  constructor(
    private readonly contract: Contract,
    private readonly forMs: number,
  ) {}

  /**
   * Takes note of a look.
   *
   * @param waitedMs how long it has been waited when the look was taken.
   * @param untilNextMs how long it is until the next one.
   * @returns whether there should be a next one.
   */
  lasts(view: GroupView, waitedMs: number, untilNextMs = 0): boolean {
    for (const { work, amount, text } of advancesOf(this.contract, view)) {
      // What starts again from the beginning is further only when it passes the point where it ended; and to fall behind
      // is no progress.
      const before = this.furthest.get(work);
      if (amount > (before ?? -Infinity)) {
        this.furthest.set(work, amount);
      }
      if (amount > (before ?? 0)) {
        this.progressMs = waitedMs;
        this.lastProgress = text;
      }
    }
    return waitedMs - this.progressMs + untilNextMs <= this.forMs;
  }

  /** `60 s`, or how long in all and since which progress: what "waited for" and "within" go on with. */
  describe(waitedMs: number): string {
    const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
    return this.lastProgress === undefined || this.progressMs === 0
      ? seconds(waitedMs)
      : `${seconds(waitedMs)}, the last ${seconds(waitedMs - this.progressMs)} of them without progress (${this.lastProgress})`;
  }
}
