import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import { renderGroupEnv } from "../../config/render/groupEnv";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

const alone: DeploymentOverrides = { topology: "replication", replicas: 0, appendonly: true, save: "" };

/** Tells a node the plan with other settings, as a changed stack file has it. */
const tell = (group: Group, node: MemberProcess, overrides: DeploymentOverrides) => {
  const settings = parseDeployment({ ...group.plan.settings, ...overrides });
  return node.run("settings", renderGroupEnv(planDeployment(settings, "unix:///unused"), node.plan, group.ids));
};

const isOn = async (node: MemberProcess): Promise<boolean> =>
  String(await node.command("INFO", "persistence")).includes("aof_enabled:1");

const folder = (node: MemberProcess): string => join(node.data, "appendonlydir");
const snapshot = (node: MemberProcess): string => join(node.data, "dump.rdb");
const inode = (node: MemberProcess): number => (existsSync(snapshot(node)) ? statSync(snapshot(node)).ino : 0);

/** Every key with its value. */
async function contents(node: MemberProcess): Promise<Readonly<Record<string, unknown>>> {
  const keys = ((await node.command("KEYS", "*")) as string[]).sort();
  const values = keys.length === 0 ? [] : ((await node.command("MGET", ...keys)) as unknown[]);
  return Object.fromEntries(keys.map((key, at) => [key, values[at]]));
}

/** An old snapshot, then changes that only the append-only file has. */
async function outgrowSnapshot(node: MemberProcess): Promise<void> {
  await node.command("MSET", "deleted", "old", "changed", "old");
  await node.command("SAVE");
  await node.command("DEL", "deleted");
  await node.command(
    "MSET",
    "changed",
    "new",
    ...Array.from({ length: 200 }, (_, at) => [`key-${at}`, `${at}`]).flat(),
  );
  // As an outage finds it: what is acknowledged is on the disk within a second.
  await node.command("WAITAOF", 1, 0, 1000).catch(() => node.command("CONFIG", "SET", "appendfsync", "always"));
  await node.command("SET", "synced", "1");
}

async function crashAndStart(group: Group, node: MemberProcess): Promise<void> {
  await node.kill();
  node.start();
  await group.settled();
}

/** Until when the node goes on after it was told, and what a start then loads from. */
const moments: readonly {
  readonly what: string;
  readonly reached: (node: MemberProcess, inodeBefore: number) => Promise<boolean> | boolean;
  readonly loads: "file" | "snapshot";
}[] = [
  { what: "as soon as it is told", reached: (node) => existsSync(join(node.data, "group.env")), loads: "file" },
  {
    what: "while the first snapshot is written",
    reached: async (node) => String(await node.command("INFO", "persistence")).includes("rdb_bgsave_in_progress:1"),
    loads: "file",
  },
  {
    what: "when the first snapshot is there and the file still on",
    reached: async (node, before) => inode(node) !== before && (await isOn(node)),
    loads: "file",
  },
  { what: "when the file has ended", reached: (node) => existsSync(join(node.data, "aof.ended")), loads: "file" },
  {
    what: "when the second snapshot is there and the file not yet put away",
    reached: (node) => node.log.includes("has ended") && inode(node) !== noted(node) && existsSync(folder(node)),
    loads: "snapshot",
  },
  { what: "when the file is put away", reached: (node) => !existsSync(folder(node)), loads: "snapshot" },
];

const inodesAtEnd = new WeakMap<MemberProcess, number>();
/** The snapshot's inode when the file ended. */
function noted(node: MemberProcess): number {
  const known = inodesAtEnd.get(node) ?? inode(node);
  inodesAtEnd.set(node, known);
  return known;
}

describe("turning the append-only file off", () => {
  for (const [at, { what, reached, loads }] of moments.entries()) {
    it(`loses nothing when all is killed ${what}`, () =>
      withGroup({ settings: alone, tools: at % 2 === 0 ? "system" : "busybox" }, async (group) => {
        const node = await group.up();
        await outgrowSnapshot(node);
        // Long enough to be met in the middle.
        await node.command("CONFIG", "SET", "rdb-key-save-delay", 5000);
        const before = inode(node);
        const telling = tell(group, node, { appendonly: false });
        let written = await contents(node);
        let late = false;
        await waitFor(
          what,
          async () => {
            if (!late && node.log.includes("has ended")) {
              late = true;
              if (loads === "snapshot") {
                await node.command("SET", "late", "1");
                written = await contents(node);
              }
            }
            return reached(node, before);
          },
          { timeoutMs: 40_000, everyMs: 2 },
        );
        if (loads === "file") {
          assert.ok(existsSync(folder(node)), "the file was put away before a snapshot had what it has");
        }
        await crashAndStart(group, node);
        await telling;
        assert.deepEqual(await contents(node), written);
        // And it comes to its end, whoever told it.
        await waitFor("the file to be put away", () => !existsSync(folder(node)), { timeoutMs: 30_000 });
        await crashAndStart(group, node);
        assert.deepEqual(await contents(node), written);
      }));
  }

  it("loses nothing in an outage of the whole group, deleted keys included", () =>
    withGroup({ settings: { ...alone, replicas: 2 } }, async (group) => {
      const master = await group.up();
      await outgrowSnapshot(master);
      await master.command("WAIT", 2, 5000);
      const written = await contents(master);
      const save = "3600 1 300 100 60 10000";
      const told = await Promise.all(group.nodes.map((node) => tell(group, node, { appendonly: false, save })));
      assert.deepEqual(
        told,
        group.nodes.map(() => ({ code: 0, output: "" })),
      );
      for (const node of group.nodes) {
        assert.ok(!existsSync(folder(node)), node.name);
        assert.ok(!(await isOn(node)), node.name);
      }
      await group.kill();
      group.start();
      assert.deepEqual(await contents(await group.settled()), written);
    }));

  it("is waited for, longer than an answer may take", () =>
    withGroup({ settings: alone }, async (group) => {
      const node = await group.up();
      await outgrowSnapshot(node);
      // One that is under way already has not what was written since.
      await node.command("CONFIG", "SET", "rdb-key-save-delay", 30_000);
      await node.command("BGSAVE");
      await node.command("SET", "since", "1");
      const began = Date.now();
      assert.deepEqual(await tell(group, node, { appendonly: false }), { code: 0, output: "" });
      assert.ok(Date.now() - began > 12_000, "it was done sooner than its snapshots can be written");
      assert.ok(!existsSync(folder(node)));
      const written = await contents(node);
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), written);
    })).timeout(90_000);

  it("is refused where no snapshot can be written, and the file goes on", () =>
    withGroup({ settings: alone }, async (group) => {
      const node = await group.up();
      await node.command("SET", "before", "1");
      mkdirSync(snapshot(node));
      const { code, output } = await tell(group, node, { appendonly: false });
      assert.equal(code, 1);
      assert.match(output, /^appendonly stays on: no snapshot could be written, .*; make room on the disk of \S+$/);
      await node.command("SET", "after", "1");
      assert.ok(await isOn(node));
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), { before: "1", after: "1" });
      rmdirSync(snapshot(node));
      assert.deepEqual(await tell(group, node, { appendonly: false }), { code: 0, output: "" });
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), { before: "1", after: "1" });
    }));

  it("by hand, against the setting, loses nothing either, and the next start has it on again", () =>
    withGroup({ settings: alone }, async (group) => {
      const node = await group.up();
      await outgrowSnapshot(node);
      await node.command("CONFIG", "SET", "appendonly", "no");
      await node.command("SET", "late", "1");
      await waitFor("the file to be put away", () => !existsSync(folder(node)), { timeoutMs: 20_000 });
      const written = await contents(node);
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), written);
      await waitFor("it to be on", () => isOn(node));
    }));

  it("by hand, a moment before a stop, keeps what the stop writes", () =>
    withGroup({ settings: { ...alone, save: "3600 1" } }, async (group) => {
      const node = await group.up();
      await outgrowSnapshot(node);
      const client = node.client();
      await client.call("CONFIG", "SET", "appendonly", "no");
      await client.call("SET", "late", "1");
      client.disconnect();
      const written = await contents(node);
      await node.stop();
      node.start();
      await group.settled();
      assert.deepEqual(await contents(node), written);
    }));

  it("in the settings of a container made anew comes once its data is loaded, and nothing is lost before", () =>
    withGroup({ settings: alone }, async (group) => {
      const node = await group.up();
      await outgrowSnapshot(node);
      const written = await contents(node);
      await node.kill();
      group.render(node, (text) => text.replace("appendonly yes", "appendonly no"));
      node.start();
      await group.settled();
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), written);
      await waitFor("the file to be put away", () => !existsSync(folder(node)), { timeoutMs: 20_000 });
      await crashAndStart(group, node);
      assert.deepEqual(await contents(node), written);
    }));
});
