import type { DeploymentOverrides } from "../../config/schema";
import { SERVERS } from "../../toolchain/versions.mjs";
import { combinations, pairwise } from "../support/pairwise";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { LIBRARY } from "./operations";
import { commandsOf, withPlainServers } from "./servers";
import { PERSISTENCE, rewriteFiles, WAYS, type Persistence } from "./ways";
import {
  anySequence,
  Chance,
  endingSoon,
  everyCommand,
  expiredOnTheWay,
  keepingOf,
  Pair,
  sweepingOf,
  writeCommandsOf,
} from "./workload";
import type { Server } from "./where";

/** One combination of what is tried. */
export interface Case {
  readonly persistence: Persistence;
  readonly version: string;
  readonly way: string;
  readonly [more: string]: string;
}

const dimensions = {
  persistence: Object.keys(PERSISTENCE) as Persistence[],
  version: Object.keys(SERVERS),
  way: Object.keys(WAYS),
};

const isCase = ({ persistence, version, way }: Case): boolean => WAYS[way]!.unless(persistence, version) === undefined;

/** All combinations there are. */
export const allCases = (): readonly Case[] => combinations<Case>(dimensions).filter(isCase);

/** So many that every two of a persistence, a version and a way come together. */
export const fewCases = (): readonly Case[] => pairwise<Case>(dimensions, isCase);

/** How much is written. */
export interface Amount {
  /** Steps of a sequence of any commands. */
  readonly steps: number;
  /** Bytes of the largest value. */
  readonly largest: number;
}

/** Milliseconds after which the last key ends by itself. */
const SOON_MS = 4000;

/** Tells a group and a plain server the same, lets something happen to the group, and compares. */
export async function survive(
  { persistence, version, way: name }: Case,
  seed: number,
  { steps, largest }: Amount,
  { prepare = () => undefined }: { readonly prepare?: (group: Group) => void } = {},
): Promise<void> {
  const way = WAYS[name]!;
  const settings: DeploymentOverrides = {
    ...PERSISTENCE[persistence],
    ...way.settings,
    extraRedisConf: ["repl-diskless-sync-delay 0", "enable-debug-command yes"],
  };
  await withPlainServers(version, ["oracle", "sink", "old server"], ([oracle, sink, old]) =>
    withGroup({ settings, server: commandsOf(version) }, async (group) => {
      prepare(group);
      const master = await group.up();
      await connected([master], async ([written]) => {
        const pair = new Pair(way.carriedOver === true ? old! : written!, oracle!, sink!.endpoint);
        const chance = new Chance(seed);
        const write = await writeCommandsOf(oracle!);
        const hasFieldExpiry = write.has("hexpire");
        await pair.alone(0, [LIBRARY]);
        await everyCommand(pair, chance, sweepingOf(write));
        await anySequence(pair, chance, write, steps);
        await rewriteFiles(group, persistence);
        await everyCommand(pair, chance, keepingOf(write));
        await anySequence(pair, chance, write, steps);
        await expiredOnTheWay(pair, chance, hasFieldExpiry);
        await pair.alone(0, [["SET", "largest", Buffer.alloc(largest, "0123456789")]]);
        await endingSoon(pair, chance, hasFieldExpiry, SOON_MS);
        await way.happen({ group, master, version, old });
        await connected(group.nodes, (nodes) => pair.compare(nodes));
      });
    }),
  );
}

/** Connections to nodes, for as long as they are needed. */
async function connected(
  nodes: readonly MemberProcess[],
  work: (servers: readonly Server[]) => Promise<void>,
): Promise<void> {
  const options = { protocol: 2, commandTimeout: 30_000 } as const;
  const servers = nodes.map((node) => ({ name: node.name, redis: node.client(options) }));
  try {
    await work(servers);
  } finally {
    servers.forEach(({ redis }) => redis.disconnect());
  }
}
