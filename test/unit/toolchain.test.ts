import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, it } from "mocha";
import { needsOf } from "../../toolchain/commands.mjs";
import { splitImage } from "../../toolchain/docker.mjs";
import { table } from "../../toolchain/doctor.mjs";
import { environment } from "../../toolchain/environment.mjs";
import { makeFolder } from "../../toolchain/files.mjs";
import { withLock } from "../../toolchain/lock.mjs";
import { isInstalled } from "../../toolchain/pieces/dependencies.mjs";
import { chosen } from "../../toolchain/pieces/engine.mjs";
import { state } from "../../toolchain/pieces/state.mjs";
import { yaml } from "../../toolchain/pieces/yaml.mjs";
import { remember, restore } from "../../toolchain/stack-files.mjs";
import { atLeast, MINIMUM_NODE, PLUGINS, pluginVersion } from "../../toolchain/versions.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "toolchain-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const put = (path: string, text: string) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe("versions", () => {
  const numbers = fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400));

  it("are compared number by number, not letter by letter", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const larger = a.map((number, i) => number - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
        assert.equal(atLeast(`v${a.join(".")}`, b.join(".")), larger >= 0);
      }),
    );
  });

  it("may be short, and may be followed by something", () => {
    assert.ok(atLeast("3.256.0-dev.1+dirty", "3.256"));
    assert.ok(!atLeast("3.99", "3.200.0"));
    assert.ok(!atLeast("", "0.0.1"));
  });

  it("of Node and the plugins are those that the npm packages ask for", () => {
    const { engines } = JSON.parse(readFileSync("node_modules/@pulumi/pulumi/package.json", "utf8")) as {
      engines: { node: string };
    };
    assert.ok(atLeast(MINIMUM_NODE, engines.node.replace(">=", "")), `@pulumi/pulumi wants Node ${engines.node}`);
    for (const plugin of PLUGINS) assert.match(pluginVersion(plugin), /^\d+\.\d+\.\d+$/);
  });
});

describe("environment", () => {
  it("puts our folders around the machine's, and leaves everything else alone", () => {
    const base = { PATH: "/usr/bin:/bin", NODE_OPTIONS: "--trace-warnings", HOME: "/home/me" };
    const env = environment(base, [
      { summary: "", first: ["/clone/node"] },
      { summary: "", first: ["/clone/bin"], variables: { PULUMI_HOME: "/clone/home" } },
      { summary: "", last: ["/clone/debs"] },
    ]);
    assert.equal(env.PATH, "/clone/node:/clone/bin:/usr/bin:/bin:/clone/debs");
    assert.equal(env.PULUMI_HOME, "/clone/home");
    assert.equal(env.NODE_OPTIONS, "--trace-warnings");
    assert.equal(env.HOME, "/home/me");
    assert.equal(env.PULUMI_SKIP_UPDATE_CHECK, "1");
  });

  it("is the same when it is made from one that it made before, as when an npm script calls another", () => {
    const pieces = [{ summary: "", first: ["/n"], last: ["/d"], variables: { A: "1" } }];
    const once = environment({ PATH: "/usr/bin" }, pieces);
    assert.deepEqual(environment(once, pieces), once);
  });

  it("keeps the user's wish to be told about new versions", () => {
    assert.equal(environment({ PULUMI_SKIP_UPDATE_CHECK: "0" }, []).PULUMI_SKIP_UPDATE_CHECK, "0");
  });
});

describe("lock", () => {
  const path = () => join(folder, "lock");
  const text = (pid: number, started: string) => JSON.stringify({ pid, started, what: "npm run up" });
  /** When this process started, as the lock writes it. */
  const started = () => readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? "";

  it("lets one in at a time", async () => {
    let inside = 0;
    const visit = () =>
      withLock(path(), "test", async () => {
        assert.equal(++inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
      });
    await Promise.all([visit(), visit(), visit()]);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is free again after a failure", async () => {
    await assert.rejects(
      withLock(path(), "test", () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(await withLock(path(), "test", () => Promise.resolve("in")), "in");
  });

  it("is taken from a holder that is dead, or whose number another process has by now", async () => {
    for (const stale of [text(2 ** 22 + 1, "1"), text(process.pid, "1"), "half a te"]) {
      writeFileSync(path(), stale);
      assert.equal(await withLock(path(), "test", () => Promise.resolve("in"), { patienceMs: 1_000 }), "in");
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is not waited for endlessly, and whoever holds it is named", async () => {
    writeFileSync(path(), text(process.pid, started()));
    const wait = withLock(path(), "test", () => Promise.resolve(), { patienceMs: 100, remindMs: 60_000 });
    await assert.rejects(wait, new RegExp(`process ${process.pid} \\(npm run up\\) has held`));
  });
});

describe("what is made in .toolchain/", () => {
  it("is there whole or not at all", async () => {
    const target = join(folder, "made");
    await makeFolder(target, async (fresh) => {
      await writeFile(join(fresh, "a"), "1");
    });
    const broken = makeFolder(target, (fresh) => {
      writeFileSync(join(fresh, "a"), "2");
      return Promise.reject(new Error("cut off"));
    });
    await assert.rejects(broken, /cut off/);
    assert.equal(readFileSync(join(target, "a"), "utf8"), "1");
  });
});

describe("dependencies", () => {
  const lock = { packages: { "": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0" } } };

  it("are there when npm installed what the lock file names", () => {
    assert.ok(isInstalled(lock, lock));
    const mac = { "node_modules/fsevents": { version: "1.0.0", optional: true } };
    assert.ok(isInstalled({ packages: { ...lock.packages, ...mac } }, lock), "for another platform only");
  });

  it("are missing after an interrupted npm, or with another version", () => {
    assert.ok(!isInstalled(lock, undefined));
    assert.ok(!isInstalled(lock, { packages: { "node_modules/a": { version: "1.0.0" } } }));
    const other = { packages: { ...lock.packages, "node_modules/b": { version: "2.0.1" } } };
    assert.ok(!isInstalled(lock, other));
  });
});

describe("stack files", () => {
  const salt = "v1:EIPyka2sPxE=:v1:6Id4Ncmq:N2oqrchsC39==";
  const file = "Pulumi.dev.yaml";
  const before = 'config:\n  a:b: "c"   # why\n  a:n: 1000\n';
  const after = (text: string) => {
    put(file, before);
    const memory = remember(folder);
    put(file, text);
    return memory;
  };
  const now = () => readFileSync(join(folder, file), "utf8");
  const inState = () => `{"salt":"${salt}"}`;

  it("get back their very text when Pulumi only added its salt, moved blanks and quoted numbers", () => {
    restore(folder, after(`config:\n  a:b: "c" # why\n  a:n: "1000"\nencryptionsalt: ${salt}\n`), inState);
    assert.equal(now(), before);
  });

  it("keep a changed setting", () => {
    restore(folder, after(`config:\n  a:b: "d" # why\nencryptionsalt: ${salt}\n`), inState);
    assert.equal(now(), 'config:\n  a:b: "d" # why\n');
  });

  it("keep the salt where a secret needs it, and where it is not the state's", () => {
    const secret = `config:\n  a:b:\n    secure: v1:xyz\nencryptionsalt: ${salt}\n`;
    restore(folder, after(secret), inState);
    assert.equal(now(), secret);
    const users = `${before}encryptionsalt: ${salt}\n`;
    restore(folder, after(users), () => "{}");
    assert.equal(now(), users);
  });

  it("go only if a new stack brought them and nothing but the salt is in them", () => {
    restore(folder, after(`encryptionsalt: ${salt}\n`), inState);
    put("Pulumi.new.yaml", `encryptionsalt: ${salt}\n`);
    restore(folder, new Map([[file, before]]), inState);
    assert.deepEqual(readdirSync(folder), [file]);
  });
});

describe("the state backend", () => {
  const find = (env: NodeJS.ProcessEnv) =>
    state.find({ env: { HOME: folder, ...env }, offline: true, image: "", found: {} });

  it("is the user's own, if there is one, and their login stays where it is", async () => {
    assert.match((await find({ PULUMI_BACKEND_URL: "s3://bucket" }))?.summary ?? "", /PULUMI_BACKEND_URL/);
    put(".pulumi/credentials.json", '{"current":"https://me:secret@api.example.com"}');
    const own = await find({});
    assert.equal(own?.summary, "the backend logged in to, https://api.example.com");
    assert.deepEqual(own.variables, { PULUMI_CREDENTIALS_PATH: join(folder, ".pulumi") });
  });

  it("is local otherwise, with a passphrase of its own that only its owner reads", async () => {
    const env = { HOME: folder, REDIS_STATE_DIR: join(folder, "state") };
    assert.equal(await find(env), undefined);
    const made = await state.get({ env, offline: true, image: "", found: {} });
    assert.deepEqual(await find(env), made);
    assert.equal(made.variables?.PULUMI_BACKEND_URL, `file://${folder}/state`);
    assert.ok(readFileSync(join(folder, "state/passphrase"), "utf8").length >= 32);
    const theirs = await find({ ...env, PULUMI_CONFIG_PASSPHRASE: "theirs" });
    assert.equal(theirs?.variables?.PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
  });

  it("never makes a new passphrase for stacks that have one", async () => {
    put("state/.pulumi/stacks/x/dev.json", "{}");
    const env = { HOME: folder, REDIS_STATE_DIR: join(folder, "state") };
    const get = state.get({ env, offline: true, image: "", found: {} });
    await assert.rejects(get, /passphrase that encrypts them is gone/);
  });
});

describe("the chosen engine", () => {
  it("is DOCKER_HOST's, else the docker context's, else none", () => {
    assert.equal(chosen({ DOCKER_HOST: "tcp://a:2375" })?.host, "tcp://a:2375");
    assert.equal(chosen({ DOCKER_CONFIG: folder }), undefined);
    const id = createHash("sha256").update("far").digest("hex");
    put("config.json", '{"currentContext":"far"}');
    put(`contexts/meta/${id}/meta.json`, '{"Endpoints":{"docker":{"Host":"ssh://far"}}}');
    assert.equal(chosen({ DOCKER_CONFIG: folder })?.host, "ssh://far");
    assert.throws(() => chosen({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "gone" }), /"gone" is chosen but not defined/);
  });
});

describe("the YAML language host", () => {
  const find = (found: object) => yaml.find({ env: { PATH: folder }, offline: true, image: "", found });

  it("is the one that came with pulumi, whatever else there is", async () => {
    put("release/pulumi", "");
    put("release/pulumi-language-yaml", "");
    const found = await find({ pulumi: { summary: "", program: join(folder, "release", "pulumi") } });
    assert.deepEqual(found, { summary: `YAML language host, ${folder}/release/pulumi-language-yaml` });
  });
});

describe("image names", () => {
  it("are split where the engine wants it", () => {
    assert.deepEqual(splitImage("redis:8.0.2"), { name: "redis", tag: "8.0.2" });
    assert.deepEqual(splitImage("host:5000/a/redis"), { name: "host:5000/a/redis", tag: "latest" });
    assert.deepEqual(splitImage("host:5000/redis:8@sha256:ab"), { name: "host:5000/redis", tag: "sha256:ab" });
  });
});

describe("what a command needs", () => {
  it("is no more than it uses", () => {
    assert.ok(needsOf("up", ["prod"]).needs.includes("image"));
    assert.deepEqual(needsOf("up", ["--help"]).needs, ["node", "dependencies"]);
    assert.ok(!needsOf("status", []).needs.includes("engine"), "a look must not start an engine");
    assert.ok(!needsOf("pulumi", ["stack", "output"]).needs.includes("engine"));
    assert.ok(needsOf("pulumi", ["up"]).needs.includes("engine"));
    assert.ok(needsOf("test:deploy", []).needs.includes("yaml") && !needsOf("up", []).needs.includes("yaml"));
    assert.deepEqual(needsOf("test:durability", []).needs, ["node", "dependencies", "servers"]);
    assert.deepEqual(needsOf("test:faults", []), needsOf("test", []), "a subset not known here gets everything");
  });
});

describe("doctor", () => {
  it("prints an aligned table and a verdict", () => {
    const rows = [
      { name: "node", ok: true, text: "Node 22" },
      { name: "dependencies", ok: false, text: "npm ci" },
    ];
    assert.equal(
      table(rows),
      [
        "node          found    Node 22",
        "dependencies  missing  npm ci",
        "",
        '1 missing; "npm run up" and "npm test" get what they need.',
      ].join("\n"),
    );
    assert.match(table(rows.slice(0, 1)), /All is there\.$/);
  });
});
