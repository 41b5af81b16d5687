import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeploymentOverrides } from "../../config/schema";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { promotable, watchForMaster } from "../support/scenes";
import { waitFor } from "../support/waitFor";

const PATIENCE = { timeoutMs: 30_000 };
const TOOLS = ["system", "busybox"] as const;
const single = { topology: "replication", replicas: 0, appendonly: true } as const;
const underSentinel = { appendonly: true, downAfterMs: 2000 } as const;

describe("data files that the server cannot load", function () {
  this.timeout(120_000);

  for (const tools of TOOLS) {
    it(`an append-only file overwritten in the middle: the only node waits, says what is damaged, and is mended (${tools} tools)`, () =>
      withSingle(single, tools, async (node) => {
        const part = fileOf(node, ".incr.");
        const whole = readFileSync(part);
        const from = whole.indexOf("key:50");
        await stopAndDamage(node, part, (content) => randomBytes(64).copy(content, from));
        const damaged = readFileSync(part);
        const before = endsOf(node);
        node.restarts = true;
        node.start();
        const said = await waitsFor(node, /appendonly\.aof\.1\.incr\.aof is damaged from byte (\d+) of (\d+) on/);
        const [, intact, size] = said.map(Number);
        assert.equal(size, whole.length);
        assert.ok(intact! <= from && intact! > from - 64, `intact up to ${intact}, damaged at ${from}`);
        assert.match(said.input, new RegExp(`cut off there, ${size - intact!} bytes of writes are lost`));
        assert.match(said.input, /docker exec redis-master sh \S+node\.sh mend/);
        assert.deepEqual(readFileSync(part), damaged, "the damaged file");
        assert.equal(endsOf(node), before, "ends of the container");

        const { code, output } = await node.run("mend");
        assert.equal(code, 0, output);
        await waitFor("the node to be master again", async () => (await node.role()).name === "master", PATIENCE);
        assert.deepEqual(
          [await node.command("GET", "key:49"), await node.command("EXISTS", "key:51")],
          ["value of 49", 0],
        );
        assert.deepEqual(readFileSync(part.replace("appendonlydir", "set-aside/appendonlydir")), damaged);
        assert.match(node.log, /the append-only file is \d+ bytes shorter than it was/);
        await node.command("SET", "after", "1");
        assert.equal((await node.run("mend")).code, 1, "mending what is whole");
      }));
  }

  it("a torn end: the server cuts it off, and the node's log says how much is gone", () =>
    withSingle(single, "system", async (node) => {
      const part = fileOf(node, ".incr.");
      await node.kill();
      truncateSync(part, statSync(part).size - 10);
      node.start();
      await node.logged(/the append-only file is \d+ bytes shorter than it was: its end was torn/);
      await waitFor("the node to be master again", async () => (await node.role()).name === "master", PATIENCE);
      assert.equal(await node.command("DBSIZE"), 99);
    }));

  it("a file before the last one: what comes after it is cut off, too", () =>
    withSingle(single, "system", async (node) => {
      const first = fileOf(node, ".incr.");
      await node.stop();
      // As after a server's end in the middle of a rewrite.
      const second = first.replace(".1.incr", ".2.incr");
      writeFileSync(second, "*1\r\n$8\r\nFLUSHALL\r\n");
      const manifest = fileOf(node, ".manifest");
      writeFileSync(manifest, `${readFileSync(manifest, "utf8")}file appendonly.aof.2.incr.aof seq 2 type i\n`);
      overwrite(first, (content) => randomBytes(64).copy(content, content.indexOf("key:50")));
      node.start();
      await waitsFor(node, /appendonly\.aof\.1\.incr\.aof is damaged from byte/);
      const { code, output } = await node.run("mend");
      assert.equal(code, 0, output);
      await waitFor("the node to be master again", async () => (await node.role()).name === "master", PATIENCE);
      assert.equal(await node.command("GET", "key:49"), "value of 49");
      assert.equal(existsSync(second.replace("appendonlydir", "set-aside/appendonlydir")), true);
    }));

  const manifests: Readonly<Record<string, (path: string) => void>> = {
    "is empty": (path) => truncateSync(path),
    "is garbage": (path) => writeFileSync(path, randomBytes(80)),
    "lost its last line": (path) => writeFileSync(path, readFileSync(path, "utf8").replace(/^file \S+\.incr.*\n/m, "")),
    "is missing": (path) => rmSync(path),
  };
  for (const [what, damage] of Object.entries(manifests)) {
    it(`a manifest that ${what}: it waits, and is mended without a loss`, () =>
      withSingle(single, "busybox", async (node) => {
        await node.stop();
        damage(fileOf(node, ".manifest"));
        node.start();
        await waitsFor(node, /appendonly\.aof\.manifest, which names the files of the append-only file, is damaged/);
        const { code, output } = await node.run("mend");
        assert.equal(code, 0, output);
        await waitFor("the node to be master again", async () => (await node.role()).name === "master", PATIENCE);
        assert.equal(await node.command("DBSIZE"), 100);
      }));
  }

  const snapshots: Readonly<Record<string, { settings: DeploymentOverrides; file: string }>> = {
    "the append-only file's base": { settings: single, file: ".base.rdb" },
    "the snapshot": { settings: { ...single, appendonly: false, save: "900 1" }, file: "dump.rdb" },
  };
  for (const [what, { settings, file }] of Object.entries(snapshots)) {
    it(`${what}: it waits, cannot be mended, and starts without data when a person says so`, () =>
      withSingle(settings, "system", async (node) => {
        if (settings.appendonly) {
          await node.command("BGREWRITEAOF");
          await waitFor("the append-only file to be rewritten", () => fileOf(node, file).includes(".2.base.rdb"));
        }
        await node.stop();
        const path = fileOf(node, file);
        overwrite(path, (content) => randomBytes(64).copy(content, 200));
        node.start();
        const said = await waitsFor(node, /is damaged at byte \d+ of \d+, and nothing of a snapshot can be loaded/);
        assert.match(said.input, /restore a backup .*, or start without this data: .*mend --without-data/);
        const { code, output } = await node.run("mend");
        assert.equal(code, 1);
        assert.match(output, /it cannot be mended: .*; nothing was changed$/);
        assert.equal(existsSync(path), true);
        assert.equal((await node.run("mend", "--without-data")).code, 0);
        await waitFor("the node to be master", async () => (await node.role()).name === "master", PATIENCE);
        assert.equal(await node.command("DBSIZE"), 0);
        assert.deepEqual(readdirSync(join(node.data, "set-aside")), [settings.appendonly ? "appendonlydir" : file]);
      }));
  }

  it("the server's end for another reason is none: the container ends as before", () =>
    withSingle(single, "system", async (node, group) => {
      await node.stop();
      group.render(node, (text) => text.replace("replica-priority 0", "replica-priority 0\nio-threads 9999"));
      node.start();
      await waitFor("the container's end", () => !node.isRunning, PATIENCE);
      assert.match(node.log, /FATAL CONFIG FILE ERROR/);
      assert.doesNotMatch(node.log, /not started/);
    }));

  for (const tools of TOOLS) {
    it(`of the master, while others have the data: it is replaced, set aside and filled again (${tools} tools)`, () =>
      withGroup({ settings: underSentinel, tools }, async (group) => {
        const old = await filled(group);
        await old.kill();
        overwrite(fileOf(old, ".incr."), (content) => randomBytes(64).copy(content, 200));
        const watch = watchForMaster(group, [old]);
        old.restarts = true;
        old.start();
        await waitFor(
          "the damaged node to be a replica",
          async () => (await group.settled(30_000)) !== old && (await old.role()).link === "connected",
          PATIENCE,
        );
        assert.deepEqual(await watch.stop(), [], "nodes that were master with damaged data");
        assert.match(old.log, /the own data is set aside in \S+, \d+ kB/);
        assert.match(old.log, /decided: start without data and be filled by \S+, because it is master and has /);
        assert.equal(await old.command("DBSIZE"), 100);
        assert.equal(existsSync(join(old.data, "damage")), false);
        assert.equal(endsOf(old), 1, "ends of the container: the one before it was damaged");
      }));
  }

  it("of two nodes after a full outage: the third one becomes master, and fills them", () =>
    withGroup({ settings: underSentinel }, async (group) => {
      const master = await filled(group);
      const whole = group.nodes.find((node) => node !== master)!;
      await group.kill();
      const damaged = group.nodes.filter((node) => node !== whole);
      damaged.forEach((node) => overwrite(fileOf(node, ".incr."), (content) => randomBytes(64).copy(content, 200)));
      const watch = watchForMaster(group, damaged);
      group.start();
      await waitFor("the whole one to be master", async () => (await whole.role()).name === "master", {
        timeoutMs: 60_000,
      });
      await waitFor(
        "the others to be filled",
        async () => {
          const sizes = await Promise.all(damaged.map((node) => node.command("DBSIZE")));
          return sizes.every((size) => size === 100);
        },
        PATIENCE,
      );
      assert.deepEqual(await watch.stop(), [], "damaged nodes that were master");
    }));

  it("of all nodes after a full outage: all wait, nothing is touched; the one that is mended fills the others", () =>
    withGroup({ settings: underSentinel }, async (group) => {
      const master = await filled(group);
      await group.kill();
      const parts = group.nodes.map((node) => fileOf(node, ".incr."));
      parts.forEach((part) => overwrite(part, (content) => randomBytes(64).copy(content, content.indexOf("key:50"))));
      const damaged = parts.map((part) => readFileSync(part));
      group.nodes.forEach((node) => (node.restarts = true));
      group.start();
      for (const node of group.nodes) {
        await waitsFor(node, /is damaged from byte \d+ of \d+ on/);
      }
      // Longer than Sentinel needs to see that nobody is there.
      await waitFor(
        "Sentinels that found nobody to promote",
        () => group.sentinels.some(({ log }) => log.includes("-failover-abort-no-good-slave")),
        PATIENCE,
      );
      parts.forEach((part, index) => assert.deepEqual(readFileSync(part), damaged[index], part));
      assert.deepEqual(group.nodes.map(endsOf), [1, 1, 1], "ends of the containers: the outage");
      assert.equal((await master.run("mend")).code, 0);
      await waitFor("the mended one to be master", async () => (await master.role()).name === "master", {
        timeoutMs: 60_000,
      });
      assert.equal((await group.settled(60_000)).name, master.name);
      for (const node of group.nodes) {
        assert.equal(await node.command("GET", "key:49"), "value of 49", node.name);
      }
    }));

  it("a torn end of the last master's file after a full outage: a replica that has more becomes master", () =>
    withGroup({ settings: underSentinel }, async (group) => {
      const last = await filled(group);
      await promotable(group.sentinels);
      await group.kill();
      const part = fileOf(last, ".incr.");
      truncateSync(part, statSync(part).size - 2000);
      group.start();
      const master = await group.settled(60_000);
      for (const node of group.nodes) {
        await waitFor(`all keys on ${node.name}`, async () => (await node.command("DBSIZE")) === 100, PATIENCE);
      }
      assert.notEqual(master.name, last.name);
      await last.logged(/the append-only file is \d{4} bytes shorter than it was/);
    }));

  it("the same, though it had stopped cleanly", () =>
    withGroup({ settings: underSentinel }, async (group) => {
      const last = await filled(group);
      await promotable(group.sentinels);
      await group.kill(group.sentinels);
      await group.stop([...group.nodes.filter((node) => node !== last), last]);
      const part = fileOf(last, ".incr.");
      truncateSync(part, statSync(part).size - 2000);
      group.start();
      await group.settled(60_000);
      for (const node of group.nodes) {
        await waitFor(`all keys on ${node.name}`, async () => (await node.command("DBSIZE")) === 100, PATIENCE);
      }
    }));

  it("without Sentinels: a damaged replica is filled again, a damaged master waits for a person", () =>
    withGroup({ settings: { ...underSentinel, topology: "replication" } }, async (group) => {
      group.start();
      const master = await group.settled();
      await fillWith(group, master);
      const replica = group.nodes.find((node) => node !== master)!;
      await replica.kill();
      overwrite(fileOf(replica, ".incr."), (content) => randomBytes(64).copy(content, 200));
      replica.start();
      await group.settled(30_000);
      assert.equal(await replica.command("DBSIZE"), 100);
      await master.kill();
      overwrite(fileOf(master, ".incr."), (content) => randomBytes(64).copy(content, 200));
      master.start();
      await waitsFor(master, /no other node is master/);
      await replica.command("REPLICAOF", "NO", "ONE");
      await waitFor("the damaged master to follow", async () => (await master.role()).link === "connected", PATIENCE);
      assert.equal(await master.command("DBSIZE"), 100);
    }));
});

/** One node with a hundred keys. */
const withSingle = (
  settings: DeploymentOverrides,
  tools: (typeof TOOLS)[number],
  body: (node: MemberProcess, group: Group) => Promise<void>,
) =>
  withGroup({ settings, tools }, async (group) => {
    const node = group.nodes[0]!;
    node.start();
    await group.settled();
    await fillWith(group, node);
    await body(node, group);
  });

async function filled(group: Group): Promise<MemberProcess> {
  const master = await group.up();
  await fillWith(group, master);
  return master;
}

/** A hundred keys that all nodes have, and have recorded that they do. */
async function fillWith(group: Group, master: MemberProcess): Promise<void> {
  for (let index = 0; index < 100; index += 1) {
    await master.command("SET", `key:${index}`, `value of ${index}`);
  }
  const others = group.nodes.length - 1;
  assert.equal(await master.command("WAIT", others, 5000), others);
  await waitFor(
    "every marker to tell of all of it",
    () =>
      group.nodes.every((node) => {
        const { data, aof } = node.marker();
        return data === "data" && (!group.plan.settings.appendonly || Number(aof) === sizeOfAof(node));
      }),
    PATIENCE,
  );
}

function sizeOfAof(node: MemberProcess): number {
  const folder = join(node.data, "appendonlydir");
  const named = [...readFileSync(fileOf(node, ".manifest"), "utf8").matchAll(/^file (\S+)/gm)];
  return named.reduce((sum, [, name]) => sum + statSync(join(folder, name!)).size, 0);
}

const endsOf = (node: MemberProcess): number => node.log.match(/\(ended/g)?.length ?? 0;

/** The one data file of a node whose name has this in it. */
function fileOf(node: MemberProcess, part: string): string {
  const folder = part === "dump.rdb" ? node.data : join(node.data, "appendonlydir");
  const [name] = readdirSync(folder)
    .filter((file) => file.includes(part))
    .sort()
    .reverse();
  assert.ok(name, `${node.name} has no file ${part} in ${folder}`);
  return join(folder, name);
}

function overwrite(path: string, change: (content: Buffer) => void): void {
  const content = readFileSync(path);
  change(content);
  writeFileSync(path, content);
}

async function stopAndDamage(node: MemberProcess, path: string, change: (content: Buffer) => void): Promise<void> {
  await node.stop();
  overwrite(path, change);
}

/** Waits until a node's health check says that it waits for this. */
async function waitsFor(node: MemberProcess, what: RegExp): Promise<RegExpExecArray> {
  return waitFor(
    `the health check of ${node.name} to say ${what.source}`,
    async () => {
      const { output } = await node.run("health");
      return output.startsWith("unhealthy: undecided, not started: ") && (what.exec(output) ?? false);
    },
    { timeoutMs: 30_000 },
  );
}
