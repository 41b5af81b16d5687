import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseMagic, reads, serverOfTag } from "../../engine/dataFormat";
import { withGroup } from "../support/processes";
import { runInShell, SHELLS } from "../support/shells";
import { waitFor } from "../support/waitFor";

describe("data of a newer server", function () {
  this.timeout(30_000);

  for (const shell of SHELLS) {
    it(`is recognised in the container as it is from outside (${shell.join(" ")})`, () => {
      const servers = ["5.0.14", "6.2.14", "7.0.15", "7.2.4", "7.4.1", "8.0.2"].map((version) => `redis:${version}`);
      const others = ["7.2.9", "8.0.1", "8.1.1", "9.0.0"].map((version) => `valkey:${version}`);
      const magics = ["REDIS0009", "REDIS0010", "REDIS0011", "REDIS0012", "REDIS0013", "VALKEY080", "VALKEY081"];
      const cases = [...servers, ...others].flatMap((server) => magics.map((magic) => [server, magic] as const));
      const calls = cases.map(([server, magic]) => `reads_format ${server.replace(":", " ")} ${magic}; echo $?`);
      const library = resolve(__dirname, "../../node/lib-version.sh");
      const input = `set -u; . '${library}'\n${calls.join("\n")}\n`;
      const inside = runInShell(shell, input).trim().split("\n");
      cases.forEach(([server, magic], index) => {
        const expected = reads(serverOfTag(server)!, parseMagic(magic)!) ? "0" : "1";
        assert.equal(inside[index], expected, `${server} and ${magic}`);
      });
    });
  }

  const places = { "a snapshot": "dump.rdb", "an append-only file": "appendonlydir/appendonly.aof.1.base.rdb" };
  for (const [what, file] of Object.entries(places)) {
    for (const tools of ["system", "busybox"] as const) {
      it(`in ${what} is left alone, with one line in the log instead of restarts (${tools} tools)`, () =>
        withGroup({ tools, settings: { topology: "replication", replicas: 0 } }, async (group) => {
          const node = group.nodes[0]!;
          const content = "REDIS0999\xfa\tredis-ver\x06999.99";
          const path = join(node.data, file);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, content, "latin1");
          if (file.includes("/")) {
            const manifest = join(dirname(path), "appendonly.aof.manifest");
            writeFileSync(manifest, "file appendonly.aof.1.base.rdb seq 1 type b\n");
          }
          node.restarts = true;
          node.start();
          await waitFor("the line in the log", () => node.log.includes("not started: "));
          assert.match(
            node.log,
            /^boot: not started: \S+ was written by a newer server \(REDIS0999\), which redis \d\S+ cannot read; .*\n$/,
          );
          assert.equal(readFileSync(path, "latin1"), content);
          assert.equal(await node.stop(), 0);
        }));
    }
  }

  it("an append-only file that was never written whole is none: the snapshot beside it is loaded", () =>
    withGroup(
      { settings: { topology: "replication", replicas: 0, save: "900 1", appendonly: true } },
      async (group) => {
        const node = group.nodes[0]!;
        node.start();
        await group.settled();
        await node.command("SET", "kept", "yes");
        await node.command("SAVE");
        await node.kill();
        // As a server leaves it that is killed while it writes its first one.
        const folder = join(node.data, "appendonlydir");
        readdirSync(folder).forEach((name) => rmSync(join(folder, name)));
        writeFileSync(join(folder, "temp-appendonly.aof.incr"), "");
        node.start();
        await group.settled();
        assert.equal(await node.command("GET", "kept"), "yes");
        await waitFor("an append-only file", () => existsSync(join(folder, "appendonly.aof.manifest")));
      },
    ));

  it("is not what a server finds that wrote it itself", () =>
    withGroup({ settings: { topology: "replication", replicas: 0, save: "900 1" } }, async (group) => {
      const node = group.nodes[0]!;
      node.start();
      await group.settled();
      await node.command("SET", "kept", "yes");
      await node.stop();
      assert.match(readFileSync(join(node.data, "dump.rdb"), "latin1"), /^REDIS00/);
      node.start();
      await group.settled();
      assert.equal(await node.command("GET", "kept"), "yes");
    }));
});
