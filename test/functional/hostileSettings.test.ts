import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { splitWords } from "../../config/extraLines";
import { planDeployment } from "../../config/plan";
import { renderGroupEnv } from "../../config/render/groupEnv";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { withGroup, type Group, type MemberProcess } from "../support/processes";

const alone = { topology: "replication", replicas: 0 } as const;

/** Values of directives that take any text, with everything in them that a shell, a client or a file could take wrongly. */
const hostileLines = [
  'tls-ciphers "$(touch canary) `touch canary` ; touch canary | & # %s %n"',
  String.raw`tls-ciphersuites "a \"b\" 'c' \\n \\"`,
  String.raw`tls-key-file-pass "\\"`,
  String.raw`tls-client-key-file-pass '" FLUSHALL "'`,
  String.raw`tls-dh-params-file \nFLUSHALL\c`,
  String.raw`tls-ca-cert-dir '\n'`,
  'slowlog-max-len   "77"',
  "client-output-buffer-limit   pubsub  32mb '8mb' \"61\"",
  'bind-source-addr ""',
];

/** Values that the server refuses, since they are no numbers: nothing may come of them but its refusal. */
const refusedLines = [
  String.raw`slowlog-max-len 7\nFLUSHALL\n8`,
  String.raw`slowlog-max-len '7" requirepass "of-mine'`,
  String.raw`slowlog-max-len "7\" requirepass \"of-mine"`,
  String.raw`slowlog-max-len "7\\"`,
  'slowlog-max-len "7" requirepass "of-mine"',
  "slowlog-max-len '7' requirepass 'of-mine'",
  "slowlog-max-len $(touch${IFS}canary)",
  "slowlog-max-len `touch canary`;touch canary",
];

const groupEnv = (group: Group, node: MemberProcess, overrides: DeploymentOverrides): string => {
  const settings = parseDeployment({ ...group.plan.settings, ...overrides });
  return renderGroupEnv(planDeployment(settings, node.plan.engine.endpoint), node.plan, group.ids);
};

const config = async (node: MemberProcess, directive: string): Promise<string | undefined> =>
  ((await node.command("CONFIG", "GET", directive)) as string[])[1];

/** What a server should have, by the words of the line. */
const expected = (line: string): readonly [string, string] => {
  const [directive, ...values] = splitWords(line)!;
  return [directive!, values.join(" ")];
};

async function assertHasThem(node: MemberProcess, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const [directive, value] = expected(line);
    const actual = await config(node, directive);
    if (directive === "client-output-buffer-limit") {
      assert.ok(actual?.includes("pubsub 33554432 8388608 61"), actual);
    } else {
      assert.equal(actual, value, line);
    }
  }
}

async function assertUntouched(node: MemberProcess): Promise<void> {
  assert.equal(await node.command("GET", "kept"), "yes", "a second command ran");
  assert.ok(!existsSync(join(node.data, "canary")) && !existsSync(join(node.home, "canary")), "a shell ran a command");
}

/** Whether the server takes these: one without TLS knows no directive of it, and some values it tries out at once. */
async function linesTakenBy(node: MemberProcess): Promise<string[]> {
  const taken = await Promise.all(
    hostileLines.map(async (line) => {
      const reply = await node.command("CONFIG", "SET", ...expected(line)).catch((error: unknown) => String(error));
      return reply === "OK";
    }),
  );
  return hostileLines.filter((_, at) => taken[at]);
}

describe("hostile settings on a real server", function () {
  this.timeout(20_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`reach it exactly, told while it runs and read when it starts (${tools} tools)`, () =>
      withGroup({ settings: alone, tools }, async (group) => {
        const node = await group.up();
        await node.command("SET", "kept", "yes");
        const lines = await linesTakenBy(node);
        assert.ok(lines.length >= 3, `too few to mean anything: ${lines.join(", ")}`);
        await node.command("CONFIG", "SET", "slowlog-max-len", "128", "bind-source-addr", "127.0.0.1");
        const { code, output } = await node.run("settings", groupEnv(group, node, { extraRedisConf: lines }));
        assert.deepEqual({ code, output }, { code: 0, output: "" });
        await assertHasThem(node, lines);
        await assertUntouched(node);
        await node.command("SAVE");
        await node.kill();
        node.start();
        await group.settled();
        await assertHasThem(node, lines);
        await assertUntouched(node);
      }));

    it(`that it refuses are said, and nothing else is done (${tools} tools)`, () =>
      withGroup({ settings: alone, tools }, async (group) => {
        const node = await group.up();
        await node.command("SET", "kept", "yes");
        const before = await config(node, "slowlog-max-len");
        for (const line of refusedLines) {
          const { code, output } = await node.run("settings", groupEnv(group, node, { extraRedisConf: [line] }));
          assert.equal(code, 1, `${line} was taken`);
          assert.match(output, /^slowlog-max-len ".*": ERR [^\n]*$/, line);
          assert.equal(await config(node, "slowlog-max-len"), before, line);
          assert.equal(await config(node, "masterauth"), group.passwordOf("replication"), line);
        }
        await assertUntouched(node);
      }));
  }

  it("a value that reads like the append-only file's setting does not switch it", () =>
    withGroup({ settings: { ...alone, appendonly: true } }, async (group) => {
      const node = await group.up();
      const lines = groupEnv(group, node, { appendonly: true, extraRedisConf: ["slowlog-max-len 7"] });
      await node.command("SET", "kept", "yes");
      // Past the plan's own rules: what the scripts look for has to be a line, not a part of one.
      const text = lines.replace("slowlog-max-len 7", 'bind-source-addr "appendonly no"');
      await node.run("settings", text);
      assert.ok(existsSync(join(node.data, "appendonlydir")), "the append-only file was put aside");
      await assertUntouched(node);
    }));

  it("at its start, the file has the same words that the plan has", () =>
    withGroup({ settings: alone }, async (group) => {
      const [node] = group.nodes;
      const file = join(node!.home, "words.conf");
      writeFileSync(file, ["port 0", "daemonize no", refusedLines[0]].join("\n"));
      // A server that refuses names the line, and only that one, as what is wrong.
      assert.throws(
        () => execFileSync("redis-server", [file], { encoding: "utf8", stdio: "pipe", timeout: 5000 }),
        (error: { readonly stderr?: string }) => (error.stderr ?? "").includes("slowlog-max-len 7\\nFLUSHALL\\n8"),
      );
      return Promise.resolve();
    }));
});
