import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Group, MemberProcess } from "./processes";
import { waitFor } from "./waitFor";

/** What several tests of the boot begin with. */

/** On a busy machine a failover of a second takes its time. */
const PATIENCE = { timeoutMs: 30_000 };

/** A complete group whose master is not the planned one; the old master is back as a replica. */
export async function afterFailover(group: Group): Promise<MemberProcess> {
  const old = await group.up();
  await old.kill();
  await promotedInsteadOf(group, old);
  old.start();
  const master = await group.settled(PATIENCE.timeoutMs);
  await group.named(master, PATIENCE.timeoutMs);
  assert.notEqual(master.name, old.name);
  return master;
}

/** Waits until a Sentinel names another master. */
export async function promotedInsteadOf(group: Group, old: MemberProcess): Promise<void> {
  await waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== old.address, PATIENCE);
}

/** Writes a key that all nodes have, and have recorded that they do. */
export async function writeEverywhere(group: Group, master: MemberProcess, key: string): Promise<void> {
  const replicas = group.nodes.filter((node) => node !== master && node.isRunning);
  await master.command("SET", key, "1");
  assert.equal(await master.command("WAIT", replicas.length, 5000), replicas.length, "replicas that have the write");
  await waitFor(
    "every marker to tell of the master and of data",
    () =>
      [master, ...replicas].every((node) => node.marker().master === master.address && node.marker().data === "data"),
    PATIENCE,
  );
}

/** Every running node has the key. */
export async function assertEverywhere(group: Group, key: string): Promise<void> {
  for (const node of group.nodes.filter(({ isRunning }) => isRunning)) {
    assert.equal(await node.command("GET", key), "1", `${key} on ${node.name}`);
  }
}

/** Looks every 25 ms whether these nodes ever are master. */
export function watchForMaster(group: Group, nodes: readonly MemberProcess[]) {
  const seen = new Set<string>();
  const state = { running: true };
  const done = (async () => {
    while (state.running && !group.ended.signal.aborted) {
      const roles = await Promise.allSettled(nodes.map((node) => node.role()));
      roles.forEach((role, index) => {
        if (role.status === "fulfilled" && role.value.name === "master") {
          seen.add(nodes[index]!.name);
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  return {
    /** Names of those that were. */
    async stop(): Promise<readonly string[]> {
      state.running = false;
      await done;
      return [...seen];
    },
  };
}

/** Waits until the Sentinels know that the replicas may be promoted. */
export async function promotable(sentinels: readonly MemberProcess[]): Promise<void> {
  await waitFor(
    "every Sentinel to see replicas with a priority",
    async () => {
      const lists = await Promise.all(sentinels.map((sentinel) => sentinel.sentinelList("REPLICAS")));
      return lists.flat().every((replica) => replica["slave-priority"] === "100");
    },
    PATIENCE,
  );
}

/** Has Sentinels go into TILT: they stand still for longer than the 2 s that they take for a jump of the clock. */
export async function tilt(sentinels: readonly MemberProcess[]): Promise<void> {
  const servers = sentinels.map((sentinel) => sentinel.serverPid());
  servers.forEach((pid) => process.kill(pid, "SIGSTOP"));
  try {
    await sleep(2500);
  } finally {
    servers.forEach((pid) => process.kill(pid, "SIGCONT"));
  }
  await waitFor("TILT", async () => {
    const infos = await Promise.all(sentinels.map((sentinel) => sentinel.command("INFO", "sentinel")));
    return infos.every((info) => String(info).includes("sentinel_tilt:1"));
  });
}
