import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { after, describe, it } from "mocha";
import { splitWords } from "../../config/extraLines";
import { liveRedisLines } from "../../config/liveDirectives";
import { allMembers, planDeployment } from "../../config/plan";
import { SettingsError } from "../../config/problems";
import { renderGroupEnv } from "../../config/render/groupEnv";
import { renderNodeEnv } from "../../config/render/nodeEnv";
import { renderRedisConf } from "../../config/render/redisConf";
import { renderSentinelConf } from "../../config/render/sentinelConf";
import { renderSecrets } from "../../config/render/secrets";
import { isSecretSetting, settingNames, type DeploymentSettings, type SettingName } from "../../config/schema";
import { parseStackSettings, settingsJsonSchema } from "../../config/settings";
import { decodeValue } from "../../config/stackConfig";
import { hostileText } from "../support/hostileText";
import { SHELLS } from "../support/shells";
import { passwordsOfAll } from "./users.support";

/** A value beside the default, with which the rendering has the shape that any accepted value has to have. */
const benign = parseStackSettings({}).deployments[0]!;

/** Text at the edge of what a setting takes, so that the fuzzing sees acceptance and not refusals only. */
const nearlyFitting: Partial<Record<SettingName, readonly string[]>> = {
  name: ["constructor", "a--b", "a\n", "prototype", "x-1"],
  image: ["redis:8.0.2\n", "redis:$(x)", "redis", "a".repeat(400)],
  masterName: ["__proto__", "-x", "...", "a\n", "m$(x)", "constructor", "%s"],
  password: ["%s".repeat(8), `${"a".repeat(16)}\n`, "=@:/+~.-_%0123456", `$(touch canary)1234`],
  save: ["1 1\n", "1 1 2 2", Array(40).fill("1 1").join(" ")],
  cpuSet: ["0,1", "0\n", "0-1,3"],
  subnet: ["10.0.0.0/24\n", "10.0.0.0/24"],
  bindAddress: ["127.0.0.1\nx", "10.0.0.1"],
};

const PASSWORD = "of-mine-0123456789";

type Read = { readonly settings: DeploymentSettings } | { readonly refusal: SettingsError };

/** As a stack reads its configuration; any other failure than a refusal fails the test. */
function read(raw: Readonly<Record<string, unknown>>): Read {
  try {
    return { settings: parseStackSettings(raw).deployments[0] ?? assert.fail("no deployment, and no word on it") };
  } catch (error) {
    if (error instanceof SettingsError) {
      return { refusal: error };
    }
    throw error;
  }
}

/** Everything a refusal has to be: one short line per problem, that says what to do, and that a terminal only prints. */
function assertClear({ message, problems }: SettingsError): void {
  const lines = message.split("\n");
  assert.equal(lines.length, problems.length + 1, message);
  // The one control character is the end of a line.
  assert.doesNotMatch(message.replaceAll("\n", ""), /[\p{C}\p{Zl}\p{Zp}]/u, JSON.stringify(message));
  for (const { path, reason } of problems) {
    assert.ok(path.length < 700 && reason.length < 1200, `too long: ${path}: ${reason}`);
    assert.match(reason, /[Ff]ix: /);
    assert.doesNotMatch(`${path} ${reason}`, /\bat \S+ \(|undefined|\[object/);
  }
}

/** The rendered files of every member, by name. */
function renderings(settings: DeploymentSettings): ReadonlyMap<string, string> {
  const plan = planDeployment(settings, "unix:///unused");
  const ids = Object.fromEntries(plan.sentinels.map(({ name }, at) => [name, String(at).repeat(40)]));
  return new Map(
    allMembers(plan).flatMap((member, at): [string, string][] => [
      [`${at} node.env`, renderNodeEnv(plan, member, "/data", ids[member.name])],
      [`${at} group.env`, renderGroupEnv(plan, member, ids)],
      member.kind === "data"
        ? [`${at} redis.conf`, renderRedisConf(plan, member, "/data")]
        : [`${at} sentinel.conf`, renderSentinelConf(plan, member, ids, "/data")],
    ]),
  );
}

/** The first word of every line; of a shell's file the variable's name. */
const shapeOf = (text: string): readonly string[] => text.split("\n").map((line) => /^[^ =]*/.exec(line)![0]);

const shapes = (settings: DeploymentSettings) =>
  Object.fromEntries([...renderings(settings)].map(([file, text]) => [file, shapeOf(text)]));

const isText = (name: SettingName): boolean => settingsJsonSchema.properties?.[name]?.type === "string";

describe("hostile settings", function () {
  this.timeout(20_000);

  for (const name of settingNames) {
    it(`${name}: arrives as it is, or is refused clearly; never a line more`, () => {
      const values = fc.oneof(hostileText, fc.constantFrom(...(nearlyFitting[name] ?? ["0", "1", "true", "[]"])));
      fc.assert(
        fc.property(values, (text) => {
          const value = decodeValue(name, text);
          const result = read({ [name]: value });
          if ("refusal" in result) {
            assertClear(result.refusal);
            if (isSecretSetting(name) && text.length > 8) {
              assert.ok(!result.refusal.message.includes(text), "the refusal shows the password");
            }
            return;
          }
          assert.deepEqual(JSON.stringify(result.settings[name]), JSON.stringify(value));
          if (isText(name)) {
            assert.deepEqual(shapes(result.settings), shapes(benign));
          }
        }),
        { numRuns: 150 },
      );
    });
  }

  it("numbers are what JSON takes for whole numbers, in plain digits wherever they are written", () => {
    for (const [text, expected] of [
      ["1e1", 10],
      [" 5", 5],
      ["-0", 0],
      ["0x10", undefined],
      ["-1", undefined],
      ["NaN", undefined],
      ["Infinity", undefined],
      ["1e999", undefined],
      ["05", undefined],
      ["5;x", undefined],
    ] as const) {
      const result = read({ replicas: decodeValue("replicas", text) });
      assert.equal("settings" in result ? Math.abs(result.settings.replicas) : undefined, expected, text);
    }
  });

  it("structured values, unknown names and names of prototypes are refused clearly, at every level", () => {
    const hostile = fc.oneof(
      hostileText,
      fc.jsonValue().map((value): unknown => value),
    );
    const named = fc.tuple(hostileText, hostile).map(([key, value]) => Object.fromEntries([[key, value]]));
    const raw = fc.oneof(
      named,
      named.map((deployments) => ({ deployments })),
      named.map((cache) => ({ deployments: { cache } })),
      named.map((host) => ({ hosts: [host] })),
      hostile.map((deployments) => ({ deployments })),
    );
    fc.assert(
      fc.property(raw, (given) => {
        const result = read(given);
        if ("refusal" in result) {
          assertClear(result.refusal);
        }
      }),
      { numRuns: 500 },
    );
    for (const text of ['{"__proto__":{}}', '{"deployments":{"__proto__":{}}}', '{"hosts":[{"__proto__":1}]}']) {
      const result = read(JSON.parse(text) as Record<string, unknown>);
      assert.ok("refusal" in result && result.refusal.message.includes("__proto__"), `accepted ${text}`);
    }
  });

  it("a value nested more deeply than the stack is refused without a trace of it", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
    for (const raw of [{ replicas: deep }, { hosts: deep }, { deployments: deep }, { deployments: { cache: deep } }]) {
      const result = read(raw);
      assert.ok("refusal" in result);
      assertClear(result.refusal);
    }
  });

  it("a refusal shows no password that stands where deployments are expected", () => {
    for (const deployments of ['{"cache": {"password": "of-mine-0123456789"}', ["of-mine-0123456789"]]) {
      for (const raw of [{ deployments }, { deployments: { cache: deployments } }]) {
        const result = read(raw);
        assert.ok("refusal" in result && !result.refusal.message.includes("of-mine"), JSON.stringify(result));
      }
    }
  });
});

describe("hostile users", function () {
  this.timeout(20_000);

  const given = "generated-0123456789-reports";
  const hash = (text: string): string => `#${createHash("sha256").update(text).digest("hex")}`;

  /** The users' and the passwords' files of a data node and a Sentinel, as lines of words. */
  const filesOf = (settings: DeploymentSettings, app: readonly string[] = passwordsOfAll.app!) => {
    const plan = planDeployment(settings, "unix:///unused");
    const own = settings.users.map(({ name }) => [name, [given]] as const);
    const passwords = { ...passwordsOfAll, ...Object.fromEntries(own), app };
    const words = (text: string) => {
      assert.ok(text.endsWith("\n"));
      return text
        .slice(0, -1)
        .split("\n")
        .map((line) => line.split(" "));
    };
    return [plan.nodes[0]!, plan.sentinels[0]!].map((member) => {
      const { users, passwords: ofLinks } = renderSecrets(plan, member, { passwords }).files;
      return { users: words(users!), passwords: words(ofLinks!) };
    });
  };

  /** The line of one user, on a data node or on a Sentinel; the other lines have to be as without any settings. */
  function lineOf(settings: DeploymentSettings, kind: 0 | 1, name: string, app?: readonly string[]) {
    const [files, usual] = [filesOf(settings, app)[kind]!, filesOf(benign)[kind]!];
    const others = (lines: readonly string[][]) => lines.filter(([first]) => first !== name);
    assert.deepEqual(others(files.users), others(usual.users));
    assert.deepEqual(files.passwords, usual.passwords);
    const found = files.users.filter(([first]) => first === name);
    assert.equal(found.length, 1);
    return found[0]!;
  }

  /** Whatever is refused is so at the hostile value, or at a part of it. */
  function assertRefusedAt(refusal: SettingsError, ...paths: readonly string[]): void {
    assertClear(refusal);
    for (const { path } of refusal.problems) {
      assert.ok(paths.includes(path), `${path} is none of ${paths.join(", ")}`);
    }
  }

  const of = (...nearly: readonly string[]) => fc.oneof(hostileText, fc.constantFrom(...nearly));

  it("names arrive as the first word of one line more, or are refused where they stand", () => {
    let accepted = 0;
    const names = of(
      ...["__proto__", "constructor", "prototype", "default", "app", "sentinel", "reset", "on", "nopass", "x"],
      ...["a\n", "a b", "-a", "a;id", "a%s", "é", "a\u2028b", "a$(id)", "a".repeat(30), "a".repeat(31), "x-1", "x_"],
    );
    fc.assert(
      fc.property(names, (name) => {
        const result = read({ users: [{ name, keys: ["cart:*"], commands: ["@read"] }] });
        if ("refusal" in result) {
          assertRefusedAt(result.refusal, "users[0].name");
          return;
        }
        accepted += 1;
        const rights = "~cart:* &cart:* +@connection +@read -@admin -@dangerous +info +role".split(" ");
        assert.deepEqual(lineOf(result.settings, 0, name), [name, "reset", "on", hash(given), ...rights]);
        const onSentinel = lineOf(result.settings, 1, name);
        assert.deepEqual(onSentinel.slice(0, 4), [name, "reset", "on", hash(given)]);
        assert.deepEqual(onSentinel.slice(4), lineOf(benign, 1, "app").slice(4));
      }),
      { numRuns: 300 },
    );
    assert.ok(accepted > 0, "nothing was accepted");
  });

  it("patterns of keys arrive as one word each, for own users and for app, or are refused where they stand", () => {
    let accepted = 0;
    const patterns = of(
      ...[
        "*",
        "a:*",
        "a b",
        "a\n",
        '"a"',
        "'a'",
        "a\\",
        "~*",
        "&*",
        ">x",
        "<x",
        "nopass",
        "+@all",
        "#a",
        "$(id)",
        "`id`",
      ],
      ...["a;id", "%s", "%R~*", "%RW~*", "ключ", "{a}", "[a-z]?", "!x", "x".repeat(200), "x".repeat(201), "on", "-"],
    );
    fc.assert(
      fc.property(fc.array(patterns, { minLength: 1, maxLength: 3 }), (keys) => {
        const places = (at: string) => keys.map((_, index) => `${at}[${index}]`);
        const ofOwn = read({ users: [{ name: "reports", keys, commands: [] }] });
        const ofApp = read({ appKeys: keys });
        assert.equal("refusal" in ofOwn, "refusal" in ofApp);
        if ("refusal" in ofOwn || "refusal" in ofApp) {
          assertRefusedAt((ofOwn as { refusal: SettingsError }).refusal, ...places("users[0].keys"));
          assertRefusedAt((ofApp as { refusal: SettingsError }).refusal, ...places("appKeys"));
          return;
        }
        accepted += 1;
        const own = lineOf(ofOwn.settings, 0, "reports");
        const words = [...keys.map((key) => `~${key}`), ...keys.map((key) => `&${key}`)];
        assert.deepEqual(own.slice(4), [...words, "+@connection", "-@admin", "-@dangerous", "+info", "+role"]);
        const [app, usual] = [lineOf(ofApp.settings, 0, "app"), lineOf(benign, 0, "app")];
        assert.deepEqual(app, [...usual.slice(0, 4), ...keys.map((key) => `~${key}`), ...usual.slice(5)]);
        // Redis would read these otherwise than they are written.
        assert.ok([own, app].flat().every((word) => splitWords(word)?.[0] === word && splitWords(word)?.length === 1));
      }),
      { numRuns: 300 },
    );
    assert.ok(accepted > 0, "nothing was accepted");
  });

  it("categories and commands are those of the lists, and everything else is refused where it stands", () => {
    const commands = of(
      ...["@read", "@dangerous", "@admin", "@all", "@READ", "read", "+@all", "@read\n", "@read +@all", "allcommands"],
      ...["flushall", "+flushall", "FLUSHALL", "client|list", "-@dangerous", "-flushall", "@read|get", "(+@all)"],
      ...[
        "__proto__",
        "constructor",
        "flushall\n",
        "flushall +@all",
        "client|list|x",
        "config|set",
        "+config|get",
        "acl",
      ],
      ...[
        "client",
        "shutdown",
        "+",
        "|",
        "client|",
        "|list",
        "++flushall",
        "get|key",
        "allkeys",
        "nopass",
        "reset",
        ">x",
      ],
    );
    fc.assert(
      fc.property(commands, (command) => {
        const result = read({ users: [{ name: "reports", keys: [], commands: [command] }] });
        if ("refusal" in result) {
          assertRefusedAt(result.refusal, "users[0].commands[0]");
        } else {
          const isCategory = command === "@read";
          const single = command.replace("+", "").toLowerCase();
          assert.ok(isCategory || ["flushall", "client|list", "reset"].includes(single), command);
          const rights = [...(isCategory ? ["+@read"] : []), "-@admin", "-@dangerous", "+info", "+role"];
          const words = ["+@connection", ...rights, ...(isCategory ? [] : [`+${single}`])];
          assert.deepEqual(lineOf(result.settings, 0, "reports").slice(4), words);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("passwords are in no file but as their hashes, or are refused where they stand and not shown", () => {
    let accepted = 0;
    const passwords = of(
      ...[PASSWORD, "=@:/+~.-_%0123456", "%s".repeat(8), `${PASSWORD}\n`, `${PASSWORD} x`, `$(id)${PASSWORD}`],
      ...[`${PASSWORD};id`, `${PASSWORD}"`, `${PASSWORD}é`, "a".repeat(15), "a".repeat(16), "a".repeat(128)],
      ...["a".repeat(129), "", "__proto__", "nopass", `>${PASSWORD}`],
    );
    fc.assert(
      fc.property(passwords, passwords, (password, previousPassword) => {
        const result = read({ password, previousPassword });
        if ("refusal" in result) {
          assertRefusedAt(result.refusal, "password", "previousPassword");
          for (const text of [password, previousPassword].filter(({ length }) => length > 14)) {
            assert.ok(!result.refusal.message.includes(text), "the refusal shows the password");
          }
          return;
        }
        accepted += 1;
        const app = [password, previousPassword].filter((text) => text !== "");
        const line = lineOf({ ...result.settings, appKeys: [] }, 0, "app", app);
        const usual = lineOf({ ...benign, appKeys: [] }, 0, "app");
        assert.deepEqual(line, [...usual.slice(0, 3), ...app.map(hash), ...usual.slice(4)]);
      }),
      { numRuns: 300 },
    );
    assert.ok(accepted > 0, "nothing was accepted");
  });

  it("rotations change nothing but the passwords, or are refused where they stand", () => {
    let accepted = 0;
    const rotations = of(
      ...["app:1", "app:2+previous", "admin:99999", "app:0", "app:01", "app:100000", "app:1+previous\n", "app:1;id"],
      ...["__proto__:1", "constructor:1", "default:1", "reports:1", "app:$(id)", "app:1 +previous", "app:1e3", "ápp:1"],
      ...["app:%s", "app", ":", "app:1+Previous", `${"a".repeat(31)}:1`],
    );
    fc.assert(
      fc.property(fc.array(rotations, { minLength: 1, maxLength: 3 }), (list) => {
        const result = read({ rotations: list });
        if ("refusal" in result) {
          assertRefusedAt(result.refusal, ...list.map((_, index) => `rotations[${index}]`));
          return;
        }
        accepted += 1;
        assert.deepEqual(result.settings.rotations, list);
        assert.deepEqual(filesOf(result.settings), filesOf(benign));
      }),
      { numRuns: 300 },
    );
    assert.ok(accepted > 0, "nothing was accepted");
  });

  it("and names of prototypes inside of them are refused where they stand", () => {
    for (const text of [
      '{"users":[{"name":"reports","keys":[],"commands":[],"__proto__":{"name":"admin"}}]}',
      '{"users":[{"__proto__":{"name":"reports","keys":[],"commands":[]}}]}',
      '{"users":{"__proto__":[]}}',
      '{"rotations":{"__proto__":[]}}',
      '{"users":[{"name":{"__proto__":1},"keys":[],"commands":[]}]}',
    ]) {
      const result = read(JSON.parse(text) as Record<string, unknown>);
      assert.ok("refusal" in result, `accepted ${text}`);
      assertClear(result.refusal);
      assert.match(result.refusal.problems[0]!.path, /^(users|rotations)/);
    }
  });
});

describe("hostile lines of extraRedisConf", () => {
  const directives = ["slowlog-max-len", "tls-ciphers", "client-output-buffer-limit", "databases", "loadmodule"];
  const line = fc
    .tuple(
      fc.constantFrom(...directives),
      hostileText.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 80)),
    )
    .map((words) => words.join(" "));

  it("are one line each, and the words of the line that was given", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (extraRedisConf) => {
        const result = read({ extraRedisConf });
        if ("refusal" in result) {
          assertClear(result.refusal);
          return;
        }
        const text = [...renderings(result.settings)].find(([file]) => file === "0 redis.conf")![1];
        const live = [...renderings(result.settings)].find(([file]) => file === "0 group.env")![1];
        const shell = `${live}printf '%s\\n' "$LIVE_CONF"`;
        const all = [text, execFileSync("dash", ["-c", shell], { encoding: "utf8" })].join("").split("\n");
        for (const given of extraRedisConf) {
          const words = JSON.stringify(splitWords(given));
          assert.ok(
            all.some((one) => JSON.stringify(splitWords(one)) === words),
            `no ${words} in ${all.join("\n")}`,
          );
        }
        const without = renderings({ ...result.settings, extraRedisConf: [] });
        const count = (files: ReadonlyMap<string, string>) =>
          ["0 redis.conf", "0 group.env"].reduce((sum, file) => sum + files.get(file)!.split("\n").length, 0);
        assert.equal(count(renderings(result.settings)), count(without) + extraRedisConf.length);
      }),
      { numRuns: 150 },
    );
  });

  for (const bad of [
    String.raw`tls-ciphers "Ex\nFLUSHALL\n"`,
    String.raw`tls-ciphers "\x0aFLUSHALL"`,
    'slowlog-max-len "7',
    "slowlog-max-len '7\\'",
    'slowlog-max-len "7"7',
    "slowlog-max-len  ",
    'client-output-buffer-limit normal 0 "0 0" 0',
    "Maxmemory 1",
    " maxmemory 1",
    "maxmemory\t1",
    "slave-read-only no",
    "min-slaves-to-write 1",
    "primaryauth of-mine",
    "proc-title-template x",
    "cluster-announce-hostname x",
    "notify-keyspace-events Ex",
  ]) {
    it(`are refused: ${bad}`, () => {
      const result = read({ extraRedisConf: [bad] });
      assert.ok("refusal" in result, `accepted ${bad}`);
      assertClear(result.refusal);
    });
  }
});

describe("hostile values in the files that shells read", () => {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-hostile-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const shell of SHELLS) {
    it(`arrive exactly, and run nothing (${shell.join(" ")})`, () => {
      let runs = 0;
      fc.assert(
        fc.property(
          hostileText.filter((text) => !text.includes("\0") && text.isWellFormed()),
          (text) => {
            // Past the schema, which refuses most of it: the quoting has to hold by itself.
            const settings = { ...benign, masterName: text, extraRedisConf: [`tls-ciphers ${text}`] };
            const home = join(folder, `${shell[0]}-${runs++}`);
            mkdirSync(home);
            const files = [...renderings(settings)].filter(([file]) => / (node|group)\.env$/.test(file));
            const [node, group] = [
              files.find(([file]) => file === "0 node.env")!,
              files.find(([file]) => file === "0 group.env")!,
            ];
            const print = `printf '%s\\0' "$MASTER_NAME" "$LIVE_CONF" "$KIND" "$TERM"`;
            const printed = execFileSync(
              programOf(shell[0]),
              [...shell.slice(1), "-c", `${node[1]}${group[1]}${print}`],
              {
                cwd: home,
                env: { PATH: join(home, "nothing") },
                encoding: "utf8",
                maxBuffer: 1e8,
              },
            ).split("\0");
            assert.equal(printed[0], text);
            assert.equal(printed[1], liveRedisLines(planDeployment(settings, "unix:///unused")).join("\n"));
            assert.equal(printed[2], "data");
            assert.match(printed[3]!, /^[0-9a-f]{12}$/);
            assert.deepEqual(readdirSync(home), [], "a command ran");
          },
        ),
        { numRuns: 60 },
      );
    });
  }
});

const programOf = (name: string): string =>
  execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
