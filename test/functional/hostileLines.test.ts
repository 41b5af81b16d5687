import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, it } from "mocha";
import { extraLineProblem, splitWords } from "../../config/extraLines";
import { planDeployment } from "../../config/plan";
import { renderGroupEnv } from "../../config/render/groupEnv";
import { parseDeployment } from "../../config/settings";
import { hostileText } from "../support/hostileText";
import { withGroup, type Group, type MemberProcess } from "../support/processes";

/** Directives that take any text: one that a server changes while it runs, and one that it reads when it starts. */
const LIVE = "bind-source-addr";
const AT_START = "syslog-ident";

const alone = { topology: "replication", replicas: 0, save: "" } as const;

const printable = hostileText.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 60));

/** A value bare, in either kind of quotes, or with a piece of it in quotes. */
const value = fc.oneof(
  printable,
  printable.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`),
  printable.map((text) => `'${text.replaceAll("'", String.raw`\'`)}'`),
  fc.tuple(printable, printable).map(([before, inside]) => `${before}"${inside}"`),
);

/** What would be more than a value, if anything on its way took it for more. */
const attacks = (folder: string): readonly string[] => [
  String.raw`"\\nFLUSHALL\\nCONFIG SET maxclients 7"`,
  String.raw`"a\" maxclients \"7"`,
  String.raw`'a" maxclients "7'`,
  String.raw`'it\'s; FLUSHALL'`,
  String.raw`"ends with a backslash\\"`,
  String.raw`"\xe9\xff\x80"`,
  `"$(touch ${folder}/canary)"`,
  `\`touch\${IFS}${folder}/canary\``,
  '"appendonly yes # %s %n"',
  '""',
];

/** What a real server has to say for a line's value, byte by byte. */
const expectedOf = (line: string): string => splitWords(line)!.slice(1).join(" ");

async function config(node: MemberProcess, pattern: string): Promise<Readonly<Record<string, string>>> {
  const client = node.client();
  try {
    const reply = (await client.callBuffer("CONFIG", "GET", pattern)) as Buffer[];
    const text = reply.map((one) => one.toString("latin1"));
    return Object.fromEntries(text.flatMap((name, at) => (at % 2 === 0 ? [[name, text[at + 1]!]] : [])));
  } finally {
    client.disconnect();
  }
}

/** Everything that a server is set to, but for the directives of the test and what the node's scripts change. */
async function others(node: MemberProcess): Promise<Readonly<Record<string, string>>> {
  const own = [LIVE, AT_START, "proc-title-template", "cluster-announce-hostname", "replica-priority"];
  return Object.fromEntries(Object.entries(await config(node, "*")).filter(([name]) => !own.includes(name)));
}

function tell(group: Group, node: MemberProcess, line: string): ReturnType<MemberProcess["run"]> {
  const settings = parseDeployment({ ...group.plan.settings, extraRedisConf: [line] });
  return node.run("settings", renderGroupEnv(planDeployment(settings, "unix:///unused"), node.plan, group.ids));
}

function assertNothingRan(node: MemberProcess): void {
  for (const file of [join(node.data, "canary"), join(tmpdir(), "canary"), "canary"]) {
    assert.ok(!existsSync(file), `a command ran: it made ${file}`);
  }
}

describe("hostile lines of extraRedisConf on a real server", function () {
  this.timeout(60_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`set their own directive while it runs, exactly, and nothing else (${tools} tools)`, () =>
      withGroup({ tools, settings: alone }, async (group) => {
        const node = await group.up();
        await node.command("SET", "kept", "1");
        const before = await others(node);
        const takes = async (line: string): Promise<void> => {
          const { code, output } = await tell(group, node, line);
          assert.deepEqual([code, output], [0, ""], line);
          assert.equal((await config(node, LIVE))[LIVE], expectedOf(line), line);
          assert.deepEqual(await others(node), before, line);
          assert.equal(await node.command("DBSIZE"), 1, line);
          assertNothingRan(node);
        };
        for (const attack of attacks(node.data)) {
          await takes(`${LIVE} ${attack}`);
        }
        const usable = value.map((text) => `${LIVE} ${text}`).filter((line) => extraLineProblem(line) === undefined);
        await fc.assert(fc.asyncProperty(usable, takes), { numRuns: 6, endOnFailure: true });
      }));
  }

  it("mean the same in the file, whether they are live or read at the start", async () => {
    const all = attacks(tmpdir());
    for (let at = 0; at < all.length; at += 2) {
      const extraRedisConf = [`${LIVE} ${all[at]}`, `${AT_START} ${all[at + 1]}`];
      const tools = at % 4 === 0 ? "system" : "busybox";
      await withGroup({ tools, settings: { ...alone, extraRedisConf } }, async (group) => {
        group.start();
        const node = await group.settled();
        const found = await config(node, "*");
        assert.deepEqual([found[LIVE], found[AT_START]], extraRedisConf.map(expectedOf));
        assert.deepEqual([found.maxclients, found.appendonly], ["10000", "no"]);
        assertNothingRan(node);
      });
    }
  });

  it("are split into words as Redis splits them", () =>
    withGroup({ settings: alone }, async (group) => {
      const node = await group.up();
      const lines = fc.sample(fc.oneof(value, fc.stringMatching(/^[ab"'\\ x01]{0,14}$/)), 400);
      const input = lines.map((line, at) => `RPUSH ${at} - ${line}\n`).join("");
      execFileSync("redis-cli", ["--user", "admin", "-p", String(node.plan.listenPort)], {
        input,
        env: { ...process.env, REDISCLI_AUTH: group.passwordOf("admin") },
        stdio: "pipe",
      });
      const client = node.client();
      try {
        for (const [at, line] of lines.entries()) {
          const found = (await client.lrangeBuffer(String(at), 0, -1)).map((word) => word.toString("latin1"));
          const words = splitWords(line);
          assert.deepEqual(found, words === undefined ? [] : ["-", ...words], `the words of ${line}`);
        }
      } finally {
        client.disconnect();
      }
    }));
});

describe("a name for the group that is as odd as allowed", () => {
  it("is what a real Sentinel knows it by", () =>
    withGroup({ settings: { replicas: 0, sentinels: 1, save: "", masterName: "-._x.__proto__" } }, async (group) => {
      const master = await group.up();
      assert.equal(await group.sentinels[0]!.namedMaster(), master.address);
    }));
});
