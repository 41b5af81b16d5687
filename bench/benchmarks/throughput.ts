import { startBareServer } from "../bareServer";
import { REPLICAS } from "../group";
import { OurGroup } from "../ourGroup";
import { COMMANDS, redisBenchmark, type Command, type Load, type Target } from "../redisBenchmark";
import type { DeploymentOverrides } from "../../config/schema";
import type { Goal, Row } from "../row";
import { rounded } from "../statistics";
import type { Session } from "../session";

/** Each takes a second or two where nothing slows it down. */
const LOADS: readonly Load[] = [
  { pipeline: 1, requests: 150_000 },
  { pipeline: 16, requests: 1_000_000 },
];

const HOST_GOAL: Goal = { of: "ratio", atLeast: 0.95 };

/** Requests per second, one value a round, by the target's name. */
type Rates = ReadonlyMap<string, readonly number[]>;

/** What a client gets through a deployment, against the same image's bare server: with as many replicas, and alone. */
export async function throughput(session: Session): Promise<readonly Row[]> {
  session.say("throughput: deploying on both networks, starting bare servers");
  const targets: ReadonlyMap<string, Target> = new Map([
    ["bare", await startBareServer(session, REPLICAS)],
    ["host", await deploy(session, "host", { network: "host" })],
    ["tls", await deploy(session, "tls", { network: "host", tls: true })],
    ["bridge", await deploy(session, "bridge", { network: "bridge" })],
    ["alone", await startBareServer(session, 0)],
  ]);
  const rows: Row[] = [];
  for (const load of LOADS) {
    for (const command of COMMANDS) {
      rows.push(...rowsOf(command, load, await measure(session, targets, command, load)));
    }
  }
  return rows;
}

async function deploy(session: Session, name: string, settings: DeploymentOverrides): Promise<Target> {
  const group = await OurGroup.prepare(session, name, settings);
  await group.up();
  const { nodes, users, tls } = await group.contract();
  const { host, port } = nodes[0]!;
  return {
    ...{ host, port, username: "app", password: users.app },
    ...(tls === undefined ? {} : { authorityFile: group.file("authority.crt", tls.ca) }),
  };
}

/** One after the other, round by round, and every other round in the opposite order. */
async function measure(
  session: Session,
  targets: ReadonlyMap<string, Target>,
  command: Command,
  load: Load,
): Promise<Rates> {
  const rates = new Map<string, readonly number[]>();
  await session.eachRound(`throughput, ${title(command, load)}`, async (round) => {
    const order = round % 2 === 1 ? [...targets] : [...targets].reverse();
    for (const [name, target] of order) {
      const rate = await redisBenchmark(target, command, load, session.signal);
      session.say(`  ${name}: ${rounded(rate)}/s`);
      rates.set(name, [...(rates.get(name) ?? []), rate]);
    }
  });
  return rates;
}

const title = (command: Command, { pipeline }: Load): string =>
  `${command}, ${pipeline === 1 ? "no pipelining" : `${pipeline} pipelined`}`;

function rowsOf(command: Command, load: Load, rates: Rates): Row[] {
  const row = (network: string, other: string, others: string, goal?: Goal, ours = network): Row => ({
    what: `${title(command, load)}: network ${network}`,
    unit: "req/s",
    ours: rates.get(ours)!,
    other,
    others: rates.get(others)!,
    goal,
  });
  return [
    row("host", "bare, 2 replicas", "bare", HOST_GOAL),
    row("host, TLS", "the same without", "host", undefined, "tls"),
    row("bridge", "bare, 2 replicas", "bare"),
    row("host", "bare, alone", "alone", HOST_GOAL),
  ];
}
