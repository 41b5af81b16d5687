import { styleText } from "node:util";
import { membersOf } from "../../checks/members";
import { nearestName } from "../../config/problems";
import type { Contract, ContractMember } from "../../outputs/contract";
import { say } from "../announce";
import { followLog, readLog, whyNoLog, type LogRange } from "../logs/containerLog";
import { inOrder, parseSince, type LogLine } from "../logs/lines";
import { hintsFor } from "../hints";
import { readContract } from "../stack";
import { EXIT, UserError } from "../../config/userError";

export interface LogsOptions {
  readonly stack: string;
  readonly deployment?: string;
  /** Name of the one member to show. */
  readonly node?: string;
  readonly follow?: boolean;
  readonly tail: number | "all";
  readonly since?: string;
  readonly timestamps?: boolean;
}

/** `npm run logs`: what the containers say, all together or one. */
export async function logs(options: LogsOptions): Promise<number> {
  const sinceS = options.since === undefined ? undefined : parseSince(options.since, Date.now());
  const contract = await readContract(options.stack, options.deployment);
  const members = options.node === undefined ? membersOf(contract) : [memberNamed(contract, options.node)];
  const write = writer(members, options);
  const range = { tail: options.tail, sinceS };
  const hints = hintsFor(options);
  const complain = (line: string) => say(hints(line));
  return options.follow ? follow(members, range, write, complain) : print(members, range, write, complain);
}

/** @throws UserError that names the nearest one. */
export function memberNamed(contract: Contract, name: string): ContractMember {
  const members = membersOf(contract);
  const found = members.find((member) => member.name === name);
  if (found !== undefined) {
    return found;
  }
  const names = members.map((member) => member.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `there are ${names.join(", ")}.` : `did you mean ${nearest}?`;
  throw new UserError(`There is no node or Sentinel "${name}"; ${hint}`, EXIT.usage);
}

async function print(
  members: readonly ContractMember[],
  range: LogRange,
  write: (line: LogLine) => void,
  complain: (line: string) => void,
): Promise<number> {
  const failed: string[] = [];
  const all = await Promise.all(
    members.map((member) =>
      readLog(member, range).catch((error: unknown) => {
        failed.push(`${member.name}: ${whyNoLog(error)}`);
        return [];
      }),
    ),
  );
  inOrder(all).forEach(write);
  failed.forEach(complain);
  return failed.length === 0 ? EXIT.ok : EXIT.failed;
}

async function follow(
  members: readonly ContractMember[],
  range: LogRange,
  write: (line: LogLine) => void,
  complain: (line: string) => void,
): Promise<number> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const lost = (name: string) => (reason: string) => complain(`${name}: ${reason}; waiting for it`);
  await Promise.all(members.map((member) => followLog(member, range, write, lost(member.name), stopped.signal)));
  return EXIT.ok;
}

const COLOURS = ["cyan", "green", "yellow", "magenta", "blue", "redBright", "cyanBright", "greenBright"] as const;

/** Writes a line behind its member's name; one member's alone needs no name. */
function writer(members: readonly ContractMember[], { timestamps }: LogsOptions): (line: LogLine) => void {
  const width = Math.max(...members.map(({ name }) => name.length));
  const prefixes = new Map(
    members.map(({ name }, index) => {
      const colour = COLOURS[index % COLOURS.length]!;
      return [
        name,
        members.length === 1 ? "" : `${styleText(colour, `${name.padEnd(width)} |`, { stream: process.stdout })} `,
      ];
    }),
  );
  return ({ member, time, text }) => {
    process.stdout.write(`${prefixes.get(member) ?? ""}${timestamps ? `${time} ` : ""}${text}\n`);
  };
}
