import { setTimeout as sleep } from "node:timers/promises";
import { membersOf } from "../checks/members";
import { endpointText, type Endpoint } from "../config/plan";
import { reasonOf } from "../config/reason";
import { execInContainer } from "../engine/execInContainer";
import { nodeCommand } from "../node/program";
import type { Contract, ContractMember } from "../outputs/contract";
import { UserError } from "../config/userError";
import type { Member } from "./group";
import type { Handover } from "./steps";

/**
 * Runs the hand-over of the node's program (node/handover.sh) where the node runs, gives what it prints line by line,
 * and its exit code; null when that is not known.
 */
export type NodeRunner = (
  node: ContractMember,
  words: readonly string[],
  onLine: (line: string) => void,
) => Promise<number | null>;

/** What the node said at the end. */
export interface HandedOver {
  readonly master: Endpoint;
  /** Milliseconds for which writes were held, by the clock of the old master's server. */
  readonly pausedMs: number;
}

/** Exit codes of node/handover.sh. */
const EXIT_CODES = { done: 0, nothingSwitched: 1, usage: 2 } as const;
/** A hand-over bounds itself, at two thirds of the time that a container gets to stop (at most 600 s). */
const LONGEST_MS = 420_000;

/**
 * A node does the whole hand-over itself, also when it is only stopped; a person's command differs in naming the one
 * who takes over and in watching. So it goes on when this program ends: it cannot be ended in the middle.
 *
 * @throws UserError that says what was done and what was not.
 */
export async function handOverInside(
  contract: Contract,
  master: Member,
  candidate: Member,
  { say, signal }: Handover,
  run: NodeRunner = runInContainer,
): Promise<HandedOver> {
  // The group was looked at before, and whoever had enough by then is not told by an event.
  if (signal?.aborted) {
    throw new UserError(`Nothing is switched: stopped as asked. ${master.name} is still the master.`);
  }
  const node = memberOf(contract, master);
  const said = new Said(contract, master, say);
  const askToStop = () => void run(node, ["stop"], () => undefined).catch(() => undefined);
  signal?.addEventListener("abort", askToStop);
  let exitCode: number | null;
  try {
    exitCode = await bounded(run(node, [endpointText(candidate.address)], (line) => said.add(line)));
  } catch (error) {
    throw said.interrupted(reasonOf(error));
  } finally {
    signal?.removeEventListener("abort", askToStop);
  }
  if (exitCode === EXIT_CODES.done && said.done !== undefined) {
    return said.done;
  }
  if (exitCode === EXIT_CODES.usage) {
    throw new UserError(
      `${master.name} runs an older program of this project, which cannot do this; bring it up to date first: npm run up`,
    );
  }
  throw exitCode === EXIT_CODES.nothingSwitched ? said.nothingSwitched() : said.interrupted(`exit code ${exitCode}`);
}

const runInContainer: NodeRunner = async ({ engine, name }, words, onLine) => {
  const { exitCode } = await execInContainer(
    engine,
    name,
    [...nodeCommand("handover"), ...words],
    AbortSignal.timeout(LONGEST_MS),
    onLine,
  );
  return exitCode;
};

/** Also a runner that heeds no signal comes to an end. */
async function bounded<T>(work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = sleep(LONGEST_MS + 1000, undefined, { signal: ended.signal, ref: false }).then(
    () => Promise.reject(new Error(`no end after ${LONGEST_MS / 1000} s`)),
    () => new Promise<never>(() => undefined),
  );
  return Promise.race([work, late]).finally(() => ended.abort());
}

function memberOf(contract: Contract, { name }: Member): ContractMember {
  return contract.nodes.find((node) => node.name === name)!;
}

/** Reads what the node prints: steps to pass on, and at last how it ended. */
class Said {
  done: HandedOver | undefined;
  private reason: string | undefined;
  private readonly names: readonly (readonly [address: string, name: string])[];

  constructor(
    contract: Contract,
    private readonly master: Member,
    private readonly say: (line: string) => void,
  ) {
    this.names = membersOf(contract).map(({ announced, name }) => [endpointText(announced), name]);
  }

  add(line: string): void {
    const result = /^done (\S+):(\d+) (\d+)$/.exec(line);
    if (result !== null) {
      this.done = { master: { host: result[1]!, port: Number(result[2]) }, pausedMs: Number(result[3]) };
      return;
    }
    const text = this.withNames(line.replace(/^hand-over: /, ""));
    if (/^(nothing is switched|in doubt)/.test(text)) {
      this.reason = text;
    } else if (text !== "") {
      this.say(text);
    }
  }

  nothingSwitched(): UserError {
    const reason = this.reason ?? "nothing is switched; why is not known";
    return new UserError(`${capitalized(reason)}. ${this.master.name} is still the master.`);
  }

  /** The hand-over may go on without being watched. */
  interrupted(why: string): UserError {
    return new UserError(
      `${capitalized(this.reason ?? `it is not known how the hand-over on ${this.master.name} ended (${why})`)}; look at it with: npm run status`,
    );
  }

  /** Addresses of the inside mean nothing to a person outside. */
  private withNames(text: string): string {
    const inside = this.names.reduce(
      (result, [address, name]) => result.replaceAll(new RegExp(`${escaped(address)}(?!\\d)`, "g"), name),
      text,
    );
    return inside.replace(/\bthis node\b/g, this.master.name);
  }
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const escaped = (text: string): string => text.replaceAll(/[.[\]]/g, "\\$&");
