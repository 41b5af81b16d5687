import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { Stop } from "../../toolchain/say.mjs";
import { PLUGINS, pluginVersion } from "../../toolchain/versions.mjs";

const SALT = "v1:EIPyka2sPxE=:v1:6Id4Ncmq:N2oqrchsC39==";

/** Stands in for pulumi: says what it was given, and does what the real one does to files. */
const FAKE_PULUMI = `#!/bin/sh
case "$1" in
  version) echo v3.256.0 ;;
  show) echo "$PWD|$PULUMI_BACKEND_URL|$PULUMI_HOME|$PULUMI_CONFIG_PASSPHRASE_FILE" ;;
  fail) exit 7 ;;
  salt)
    mkdir -p "\${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/trial"
    echo '"${SALT}"' > "\${PULUMI_BACKEND_URL#file://}/.pulumi/stacks/trial/dev.json"
    echo 'encryptionsalt: ${SALT}' >> Pulumi.dev.yaml ;;
  wait) trap 'exit 3' TERM; echo ready; until [ -e enough ]; do sleep 0.05; done ;;
esac
`;

describe("the front door", function () {
  this.timeout(20_000);
  let clone = "";
  let env: NodeJS.ProcessEnv = {};

  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(clone, path, ".."), { recursive: true });
    writeFileSync(join(clone, path), text, { mode });
  };

  before(() => {
    clone = realpathSync(mkdtempSync(join(tmpdir(), "clone-")));
    cpSync("toolchain", join(clone, "toolchain"), { recursive: true });
    cpSync("package.json", join(clone, "package.json"));
    const lock = JSON.stringify({ packages: { "": {} } });
    put("package-lock.json", lock);
    put("node_modules/.package-lock.json", lock);
    put("Pulumi.yaml", "name: trial\nruntime: nodejs\n");
    put("Pulumi.dev.yaml", "config: {}\n");
    put("deep/down/file", "");
    put("bin/pulumi", FAKE_PULUMI, 0o755);
    put("bin/pulumi-language-nodejs", "#!/bin/sh\n", 0o755);
    for (const plugin of PLUGINS) {
      const folder = `home/.pulumi/plugins/resource-${plugin}-v${pluginVersion(plugin)}`;
      put(`${folder}/pulumi-resource-${plugin}`, "#!/bin/sh\n", 0o755);
    }
    env = {
      HOME: join(clone, "home"),
      PATH: `${join(clone, "bin")}:/usr/bin:/bin`,
      DOCKER_HOST: "unix:///nobody/listens",
      REDIS_TOOLCHAIN: "offline",
    };
  });
  after(() => {
    rmSync(clone, { recursive: true, force: true });
  });

  const run = (args: string[], more: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [join(clone, "toolchain/run.mjs"), ...args], {
      cwd: clone,
      env: { ...env, ...more },
      encoding: "utf8",
    });

  it("uses what is there: the machine's pulumi, the user's plugins; state and plugins' home are the clone's", () => {
    const { stdout, status } = run(["pulumi", "show"], { INIT_CWD: join(clone, "deep/down") });
    const state = join(clone, ".state");
    const home = join(clone, ".toolchain/pulumi-home");
    assert.equal(stdout, `${clone}/deep/down|file://${state}|${home}|${state}/passphrase\n`);
    assert.equal(status, 0);
    const plugin = `plugins/resource-docker-v${pluginVersion("docker")}/pulumi-resource-docker`;
    assert.ok(existsSync(join(home, plugin)));
  });

  it("says nothing on its own account once everything is there", () => {
    assert.equal(run(["pulumi", "show"]).stderr, "");
  });

  it("passes the exit code on", () => {
    assert.equal(run(["pulumi", "fail"]).status, 7);
  });

  it("leaves the stack's file as it was", () => {
    assert.equal(run(["pulumi", "salt"]).status, 0);
    assert.equal(readFileSync(join(clone, "Pulumi.dev.yaml"), "utf8"), "config: {}\n");
  });

  it("passes a signal on and waits for the answer", async () => {
    const child = spawn(process.execPath, [join(clone, "toolchain/run.mjs"), "pulumi", "wait"], { cwd: clone, env });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      child.kill("SIGTERM");
      assert.equal(await ended, 3);
    } finally {
      // Also when the signal was lost: neither of the two may outlive the test.
      writeFileSync(join(clone, "enough"), "");
    }
  });

  it("explains in one sentence what it cannot do, without a trace", () => {
    const { status, stderr, stdout } = run(["up"]);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^toolchain: engine: unix:\/\/\/nobody\/listens \(chosen by DOCKER_HOST\): nobody is listening; /,
    );
    assert.doesNotMatch(stderr, /\n +at /);
  });

  it("says what the system refuses, without a trace", () => {
    const { status, stderr } = run(["pulumi", "show"], { REDIS_STATE_DIR: join(clone, "package.json", "state") });
    assert.equal(status, 1);
    assert.match(stderr, /^toolchain: ENOTDIR: not a directory, mkdir '.*package\.json\/state'\.$/m);
    assert.doesNotMatch(stderr, /\n +at /);
  });

  it("says which file is missing of those that reach an engine, instead of taking it for stopped", () => {
    const missing = { DOCKER_HOST: "tcp://127.0.0.1:1", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: join(clone, "none") };
    assert.match(run(["up"], missing).stderr, /^toolchain: engine: tcp:\S+ \(.*\): ENOENT: .*none\/ca\.pem'; start it/);
  });

  it("explains the commands that it does itself, and does nothing then", () => {
    for (const [command, word, sentence] of [
      ["doctor", "--help", /^Usage: npm run doctor\n\n.*changes nothing/],
      ["image", "-h", /^Usage: npm run image -- NAME\.\.\.\n\n[^]*redis:7\.0\.15/],
    ] as const) {
      const { stdout, stderr, status } = run([command, word]);
      assert.match(stdout, sentence);
      assert.deepEqual([stderr, status], ["", 0]);
    }
  });

  it("shows in the doctor's table what is missing, and says so by its exit code", () => {
    const { status, stdout } = run(["doctor"]);
    assert.equal(status, 1);
    assert.match(stdout, /^pulumi +found +Pulumi 3\.256\.0, /m);
    assert.match(stdout, /^engine +missing +unix:\/\/\/nobody\/listens/m);
  });

  it("lets two set-ups at the same time end well", async () => {
    rmSync(join(clone, ".toolchain"), { recursive: true });
    rmSync(join(clone, ".state"), { recursive: true });
    const start = () =>
      new Promise<number | null>((resolve) => {
        spawn(process.execPath, [join(clone, "toolchain/run.mjs"), "pulumi", "show"], { cwd: clone, env }).once(
          "exit",
          resolve,
        );
      });
    assert.deepEqual(await Promise.all([start(), start(), start()]), [0, 0, 0]);
  });
});

describe("the front door of a preview that a pull request waits for", function () {
  this.timeout(60_000);
  const place = mkdtempSync(join(tmpdir(), "unprepared-"));
  after(() => rmSync(place, { recursive: true, force: true }));

  /** In this clone, since the report is written by the real program; nothing is got, for the engine is looked for first. */
  const preview = (...args: readonly string[]) =>
    spawnSync(process.execPath, ["toolchain/run.mjs", "preview", "dev", ...args], {
      env: { ...process.env, DOCKER_HOST: "tcp://127.0.0.1:9", REDIS_STATE_DIR: join(place, "state"), DEBUG: "" },
      encoding: "utf8",
    });
  const sentence = "(chosen by DOCKER_HOST): nobody is listening; start it, or choose another one.";

  it("has the reason written where it could not get what the preview needs, without the address", () => {
    const file = join(place, "preview.md");
    const { status, stdout, stderr } = preview(`--markdown=${file}`);
    const written = readFileSync(file, "utf8");
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.equal(stderr, `engine: *** ${sentence}\n`);
    assert.match(written, /^<!-- redis-on-docker: preview of dev -->\n\n## Preview of `dev` failed$/m);
    assert.match(written, /^> engine: \\\*\\\*\\\* \(chosen by DOCKER\\_HOST\): nobody is listening; start it, or /m);
    assert.doesNotMatch(written, /127\.0\.0\.1|No changes/);
  });

  it("says it itself where nobody waits for a report", () => {
    const { status, stdout, stderr } = preview();
    assert.deepEqual([status, stdout], [1, ""]);
    assert.equal(stderr, `toolchain: engine: tcp://127.0.0.1:9 ${sentence}\n`);
  });

  it("hands on all reasons where there are several, on one line", () => {
    const several = new Stop("not everything could be got (see above)", [new Stop("one:\n  line"), new Stop("two")]);
    assert.equal(several.sentence, "one: line two");
    assert.equal(new Stop("one").sentence, "one");
  });
});
