import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import type { DeploymentOverrides } from "../../config/schema";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { buildTally, TALLY } from "../support/tallyModule";
import { waitFor } from "../support/waitFor";

describe("modules that the image brings", function () {
  this.timeout(90_000);

  let folder: string;
  const image = () => join(folder, "modules");
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "redis-modules-"));
    buildTally(image());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** As containers of an image with these modules have it. */
  const putInto = (group: Group, members: readonly MemberProcess[], modules: string) =>
    members.forEach((member) =>
      group.render(member, (text) => text.replace(/^MODULES=.*$/m, `$&\nMODULE_FOLDERS='${modules}'`)),
    );
  const withModules = (settings: DeploymentOverrides, body: (group: Group) => Promise<void>, tools?: "busybox") =>
    withGroup({ settings, ...(tools === undefined ? {} : { tools }) }, (group) => {
      putInto(group, group.members, image());
      return body(group);
    });
  const alone: DeploymentOverrides = { topology: "replication", replicas: 0 };
  const tally = (node: MemberProcess) => node.command("TALLY.GET", "counted");
  const filesOf = (node: MemberProcess) =>
    readdirSync(node.data, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(rdb|aof)$/.test(name))
      .map((name) => [name, readFileSync(join(node.data, name), "latin1")]);

  it("are there for the applications on every data node, and last as all else does: hand-over, kills, full outage", () =>
    withModules(
      { appendonly: true, extraRedisConf: ["tally.limit 500", "repl-diskless-sync-delay 0"] },
      async (group) => {
        const first = await group.up();
        const app = group.masterClient();
        try {
          await waitFor("the application to be connected", () => app.status === "ready");
          assert.equal(await app.call("TALLY.ADD", "counted", "500"), 500);
          await assert.rejects(app.call("TALLY.ADD", "counted", "501"), /within the limit/, "its directive is not set");
          await assert.rejects(app.call("MODULE", "LIST"), /NOPERM/);
          assert.equal(await app.wait(2, 2000), 2);
        } finally {
          app.disconnect();
        }
        for (const node of group.nodes) {
          assert.deepEqual(await tally(node), [500, 1], node.name);
          assert.deepEqual(await node.run("modules", "list"), { code: 0, output: TALLY.name });
          assert.deepEqual(await node.run("modules", "data"), { code: 0, output: TALLY.type });
        }

        assert.equal(await first.stop(), 0);
        const second = await group.settled();
        assert.notEqual(second.name, first.name);
        assert.equal(await second.command("TALLY.ADD", "counted", 20), 520);
        first.start();
        await group.settled();
        await waitFor("the old master to have what came meanwhile", async () => String(await tally(first)) === "520,2");
        assert.equal(await second.command("WAIT", 2, 2000), 2);

        await waitFor("everything to be on all disks", async () => {
          const pending = await Promise.all(group.nodes.map((node) => node.command("INFO", "persistence")));
          return pending.every(
            (info) =>
              String(info).includes("aof_pending_bio_fsync:0") && String(info).includes("aof_rewrite_in_progress:0"),
          );
        });
        await group.kill();
        await group.up();
        for (const node of group.nodes) {
          assert.deepEqual(await tally(node), [520, 2], node.name);
        }
        group.sentinels.forEach((sentinel) => assert.doesNotMatch(sentinel.log, /[Mm]odule|tally/));
      },
    ));

  it("are what counts as a module's data: nothing without, by its type with some, in every database", () =>
    withModules(alone, async (group) => {
      const node = group.nodes[0]!;
      node.start();
      await group.settled();
      const pairs = Array.from({ length: 3000 }, (_, index) => [`key:${index}`, "value"]).flat();
      await node.command("MSET", ...pairs);
      assert.deepEqual(await node.run("modules", "data"), { code: 0, output: "" });
      const client = node.client({ db: 7 });
      await client.call("TALLY.ADD", "counted", "1");
      client.disconnect();
      assert.deepEqual(await node.run("modules", "data"), { code: 0, output: TALLY.type });
    }));

  it("are not loaded when the setting modules is false", () =>
    withModules({ ...alone, modules: false }, async (group) => {
      const node = group.nodes[0]!;
      node.start();
      await group.settled();
      await assert.rejects(tally(node), /unknown command/);
      assert.deepEqual(await node.run("modules", "list"), { code: 0, output: "" });
    }));

  it("are loaded once where extraRedisConf loads one itself, with words of its own", () =>
    withModules({ ...alone, extraRedisConf: [`loadmodule ${join(image(), "tally.so")} some words`] }, async (group) => {
      const node = group.nodes[0]!;
      node.start();
      await group.settled();
      assert.deepEqual(await tally(node), [0, 0]);
    }));

  for (const tools of [undefined, "busybox"] as const) {
    const by = tools ?? "system";
    for (const [what, settings] of Object.entries({
      "a snapshot": { save: "900 1" },
      "an append-only file": { appendonly: true },
    })) {
      it(`whose data is in ${what} are missed by name; the node waits, and the data is untouched (${by} tools)`, () =>
        withModules(
          { ...alone, ...settings },
          async (group) => {
            const node = group.nodes[0]!;
            node.start();
            await group.settled();
            await node.command("TALLY.ADD", "counted", 7);
            await waitFor("the note of the modules", () => readdirSync(node.data).includes("node.modules"));
            assert.equal(await node.stop(), 0);
            const before = filesOf(node);
            assert.notDeepEqual(before, []);

            putInto(group, [node], join(folder, "none"));
            node.restarts = true;
            node.start();
            await node.logged(/boot: not started: /);
            assert.match(
              node.log,
              /boot: not started: the server could not load the data, which was written with the module tally, and that is not loaded here; the data is untouched: set `image` back to one that has it, or `modules` to true\n/,
            );
            const { code, output } = await node.run("health");
            assert.equal(code, 1);
            assert.match(
              output,
              /^unhealthy: undecided, not started: the server could not load the data, .* module tally/,
            );
            assert.equal(node.log.match(/not started/g)?.length, 1, "it was started again and again");
            assert.deepEqual(filesOf(node), before);
            assert.equal(await node.stop(), 0);

            putInto(group, [node], image());
            node.start();
            await group.settled();
            assert.deepEqual(await tally(node), [7, 1]);
          },
          tools,
        ));
    }
  }

  it("and the master has are missed by name by a replica that has not; it waits, and the master serves on", () =>
    withModules({ topology: "replication", replicas: 1, extraRedisConf: ["repl-diskless-sync no"] }, async (group) => {
      const [master, replica] = group.nodes as [MemberProcess, MemberProcess];
      group.start();
      await group.settled();
      await replica.stop();
      await master.command("TALLY.ADD", "counted", 7);
      replica.emptyData();
      putInto(group, [replica], join(folder, "none"));
      replica.restarts = true;
      replica.start();
      await replica.logged(/boot: not started: the server could not load the data, .* the module tally, /);
      assert.deepEqual(await tally(master), [7, 1]);
    }));

  it("and that cannot be loaded are said; the node waits, and starts when they are switched off", () =>
    withModules(alone, async (group) => {
      const node = group.nodes[0]!;
      const broken = join(folder, "broken");
      buildTally(broken);
      const file = join(broken, "torn.so");
      writeFileSync(file, "no library");
      chmodSync(file, 0o755);
      putInto(group, [node], broken);
      node.restarts = true;
      node.start();
      await node.logged(/boot: not started: /);
      assert.match(
        node.log,
        /boot: not started: a module of the image cannot be loaded: Module \S+torn\.so failed to load: .*; set `modules` to false, or take another `image`\n/,
      );
      assert.equal(await node.stop(), 0);

      // As the official images switch one off.
      chmodSync(file, 0o644);
      assert.equal(statSync(file).mode & 0o111, 0);
      node.start();
      await group.settled();
      assert.deepEqual(await tally(node), [0, 0]);
    }));

  it("bring categories that a server without does not know: a user who has one is named, and the node waits", () =>
    withGroup(
      { settings: { ...alone, users: [{ name: "carts", keys: ["cart:*"], commands: ["@read", "@tdigest"] }] } },
      async (group) => {
        const node = group.nodes[0]!;
        node.restarts = true;
        node.start();
        await node.logged(/boot: not started: /);
        assert.match(
          node.log,
          /boot: not started: the server does not know the rights of the user carts: .*'\+@tdigest'.*; change its `commands`, or take an `image` that has them\n/,
        );
        assert.equal(await node.stop(), 0);
      },
    ));
});
