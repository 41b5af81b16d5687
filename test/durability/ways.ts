import type { DeploymentOverrides } from "../../config/schema";
import type { NodeRunner } from "../../handover/inside";
import { failOver, planFailover } from "../../handover/failover";
import { withGroup as withConnections } from "../../handover/group";
import { nodeClient } from "../../checks/connections";
import { migrate } from "../../ops/migrate/migration";
import { findMaster, withServers } from "../../ops/migrate/sources";
import { buildContract } from "../../outputs/buildContract";
import type { Group, MemberProcess } from "../support/processes";
import { bring, newestOnly, rotated } from "../support/rotation";
import { waitFor } from "../support/waitFor";
import { commandsOf, type PlainServer } from "./servers";

/** What is kept on disk. */
export const PERSISTENCE = {
  "append-only file": { appendonly: true, save: "" },
  snapshots: { appendonly: false, save: "3600 1" },
  both: { appendonly: true, save: "3600 1" },
  nothing: { appendonly: false, save: "" },
} as const satisfies Readonly<Record<string, DeploymentOverrides>>;
export type Persistence = keyof typeof PERSISTENCE;

/** The version that a deployment of this one is upgraded to. */
const NEWER: Readonly<Record<string, string>> = { "redis-7.0": "redis-8.0", "valkey-8.1": "valkey-9.1" };

/** A group that was told everything, and how it is set up. */
export interface Scene {
  readonly group: Group;
  readonly master: MemberProcess;
  readonly version: string;
  /** Whom the data is carried over from, in a migration. */
  readonly old: PlainServer | undefined;
}

/** What happens to servers that are to keep what they were told. */
export interface Way {
  readonly settings: DeploymentOverrides;
  /** Why there is no such case; undefined where there is one. */
  readonly unless: (persistence: Persistence, version: string) => string | undefined;
  /** The data is written to a server outside of the deployment first. */
  readonly carriedOver?: boolean;
  readonly happen: (scene: Scene) => Promise<unknown>;
}

const always = () => undefined;
const onDisk = (persistence: Persistence) =>
  persistence === "nothing" ? "no node is left that has the data" : undefined;

const underSentinel: DeploymentOverrides = { replicas: 1, sentinels: 1 };
const byHand: DeploymentOverrides = { topology: "replication", replicas: 1 };
const single: DeploymentOverrides = { topology: "replication", replicas: 0 };

export const WAYS: Readonly<Record<string, Way>> = {
  "a single node restarted": { settings: single, unless: onDisk, happen: restartAll },
  "a single node killed": { settings: single, unless: onDisk, happen: killAll },
  "each node restarted in turn": { settings: underSentinel, unless: always, happen: (scene) => inTurn(scene) },
  "all nodes restarted at once": { settings: underSentinel, unless: onDisk, happen: restartAll },
  "all nodes killed": { settings: underSentinel, unless: onDisk, happen: killAll },
  "the master killed": { settings: underSentinel, unless: always, happen: killMaster },
  "a hand-over": { settings: underSentinel, unless: always, happen: handOver },
  "a failover that a Sentinel was asked for": { settings: underSentinel, unless: always, happen: failOverBySentinel },
  "each node replaced with an empty volume": {
    settings: underSentinel,
    unless: always,
    happen: (scene) => inTurn(scene, (member) => member.emptyData()),
  },
  "all passwords rotated, then each node restarted": { settings: underSentinel, unless: always, happen: rotate },
  "carried over from another server": {
    settings: byHand,
    unless: always,
    carriedOver: true,
    happen: carryOver,
  },
  "an upgrade to the next version": {
    settings: underSentinel,
    unless: (_, version) => (NEWER[version] === undefined ? "there is no newer one here" : undefined),
    happen: (scene) => {
      scene.group.server = commandsOf(NEWER[scene.version]!);
      return inTurn(scene);
    },
  },
};

/** Replicas first, the master last, each back in sync before the next one; Sentinels too. */
async function inTurn(
  { group, master }: Scene,
  meanwhile: (member: MemberProcess) => void = () => undefined,
): Promise<void> {
  for (const member of [...group.nodes.filter((node) => node !== master), ...group.sentinels, master]) {
    await member.stop();
    meanwhile(member);
    member.start();
    await whole(group);
  }
}

async function restartAll({ group }: Scene): Promise<void> {
  await group.stop();
  group.start();
  await whole(group);
}

async function killAll({ group, master }: Scene): Promise<void> {
  await everywhere(group, master);
  await Promise.all(group.nodes.map((node) => onDiskNow(node)));
  await group.kill();
  group.start();
  await whole(group);
}

async function killMaster({ group, master }: Scene): Promise<void> {
  await everywhere(group, master);
  await master.kill();
  await group.settled(30_000);
  master.start();
  await whole(group);
}

async function handOver({ group }: Scene): Promise<void> {
  const contract = buildContract(group.plan, group.secrets);
  const runner: NodeRunner = (node, words, onLine) =>
    group.nodes.find(({ name }) => name === node.name)!.watch("handover", words, onLine);
  await withConnections(contract, async (connections) => {
    const plan = await planFailover(connections);
    return failOver(connections, plan, { say: () => undefined }, runner);
  });
  await whole(group);
}

async function failOverBySentinel({ group, master }: Scene): Promise<void> {
  await everywhere(group, master);
  // Sentinel asks each 10 s only whether a replica may be promoted.
  await waitFor(
    "a Sentinel that would promote the replica",
    () => group.sentinels[0]!.command("SENTINEL", "FAILOVER", group.plan.settings.masterName),
    { timeoutMs: 15_000 },
  );
  await waitFor("another node to be master", async () => (await group.settled()) !== master, { timeoutMs: 30_000 });
  await whole(group);
}

async function rotate(scene: Scene): Promise<void> {
  const { group } = scene;
  const both = rotated(group.passwords, 1);
  await bring(group, both, "accept");
  group.use(both);
  await bring(group, both, "use");
  await bring(group, newestOnly(both), "accept");
  await bring(group, newestOnly(both), "use");
  group.use(newestOnly(both));
  await inTurn(scene);
}

/** As `npm run migrate` does it, with a person who says yes at once. */
async function carryOver({ group, master, old }: Scene): Promise<void> {
  const contract = buildContract(group.plan, group.secrets);
  const member = contract.nodes.find(({ name }) => name === master.name)!;
  const redis = nodeClient(contract, member, { protocol: 2, commandTimeout: 30_000 });
  const addresses = [old!.endpoint];
  const login = { password: "" };
  try {
    await withServers(addresses, login, async (servers) =>
      migrate({
        sources: await findMaster(addresses, servers),
        login,
        target: { name: member.name, redis, replicas: group.nodes.length - 1 },
        deployment: contract.deployment,
        say: () => undefined,
        mayClose: () => Promise.resolve(true),
      }),
    );
  } finally {
    redis.disconnect();
  }
  await whole(group);
}

/** All members run, in sync, and of one opinion. */
async function whole(group: Group): Promise<void> {
  const master = await group.settled(40_000);
  await group.named(master, 30_000);
  await waitFor(
    "every replica to be open for promotion",
    async () => {
      const priorities = await Promise.all(
        group.nodes.map((node) => node.command("CONFIG", "GET", "replica-priority")),
      );
      return priorities.every((reply) => String(reply) === "replica-priority,100");
    },
    { timeoutMs: 20_000 },
  );
}

/** What was acknowledged is on all replicas. */
async function everywhere(group: Group, master: MemberProcess): Promise<void> {
  await waitFor("all replicas to have every write", async () => {
    const offsets = await Promise.all(group.nodes.map((node) => offsetOf(node)));
    const wanted = await offsetOf(master);
    return offsets.every((offset) => offset === wanted);
  });
}

/** How far it has got in what the master was told. */
async function offsetOf(node: MemberProcess): Promise<string> {
  return /^(?:slave|master)_repl_offset:(\d+)/m.exec(String(await node.command("INFO", "replication")))![1]!;
}

/** What was acknowledged is in the files, as far as there are any. */
async function onDiskNow(node: MemberProcess): Promise<void> {
  const isOn = async (directive: string) => String(await node.command("CONFIG", "GET", directive)).split(",")[1];
  if ((await isOn("save")) !== "") {
    await snapshot(node);
  }
  if ((await isOn("appendonly")) === "yes") {
    await persisting(node, ["aof_buffer_length:0", "aof_pending_bio_fsync:0"]);
  }
}

async function snapshot(node: MemberProcess): Promise<void> {
  await node.command("BGSAVE");
  await persisting(node, ["rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok"]);
}

/** The files are written anew, as they are once they have grown: what follows is added to a base. */
export async function rewriteFiles(group: Group, persistence: Persistence): Promise<void> {
  for (const node of group.nodes) {
    if (PERSISTENCE[persistence].appendonly) {
      await node.command("BGREWRITEAOF");
      await persisting(node, ["aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok"]);
    }
    if (PERSISTENCE[persistence].save !== "") {
      await snapshot(node);
    }
  }
}

const persisting = (node: MemberProcess, wanted: readonly string[]) =>
  waitFor(
    `${node.name} to have ${wanted.join(" and ")}`,
    async () => {
      const info = String(await node.command("INFO", "persistence"));
      return wanted.every((line) => info.includes(`${line}\r\n`));
    },
    { timeoutMs: 20_000 },
  );
