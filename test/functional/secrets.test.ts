import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { withGroup } from "../support/processes";

describe("secrets", function () {
  this.timeout(30_000);

  it("nodes and Sentinels refuse strangers, the seed's password and a wrong one", () =>
    withGroup({}, async (group) => {
      await group.up();
      for (const member of group.members) {
        for (const [password, expected] of [
          [undefined, /NOAUTH/],
          ["pass", /WRONGPASS/],
          [`${group.passwordOf("admin")}x`, /WRONGPASS/],
        ] as const) {
          const client = member.client({ username: undefined, password, protocol: 2 });
          await assert.rejects(client.call("PING"), expected, `${member.name} with the password ${password}`);
          client.disconnect();
        }
        assert.equal(await member.command("PING"), "PONG");
      }
    }));

  it("a password is in no command line, environment, log or readable file", () =>
    withGroup({}, async (group) => {
      const secrets = Object.values(group.passwords).flat();
      const hasSecret = (text: string): boolean => secrets.some((secret) => text.includes(secret));
      group.start();
      // The scripts' clients live for milliseconds: look again and again while they work.
      const seen = new Set<string>();
      for (const deadline = Date.now() + 3000; Date.now() < deadline;) {
        for (const member of group.members) {
          for (const pid of member.allPids()) {
            for (const file of ["cmdline", "environ"]) {
              const text = readProcess(pid, file);
              seen.add(text.split("\0")[0]!);
              assert.ok(!hasSecret(text), `${file} of ${text.replaceAll("\0", " ")}`);
            }
          }
        }
        await group.nodes[0]!.run("health");
      }
      // With their folder, where they are not installed but unpacked.
      const sawOneOf = (...programs: readonly string[]): boolean =>
        [...seen].some((title) => programs.includes(basename(title.split(" ")[0]!)));
      assert.ok(sawOneOf("redis-server"), `no server seen among ${[...seen].join(", ")}`);
      assert.ok(sawOneOf("redis-cli", "timeout"), `looked too seldom: saw ${[...seen].join(", ")}`);
      assert.ok(!hasSecret(group.logs()), "in a log");
      for (const sentinel of group.sentinels) {
        assert.equal(statSync(join(sentinel.data, "sentinel.conf")).mode & 0o777, 0o600);
      }
      for (const node of group.nodes) {
        assert.ok(!hasSecret(readFileSync(join(node.data, "node.state"), "utf8")));
        assert.ok(!existsSync(join(node.data, "redis.conf")));
      }
    }));
});

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
