import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { contractOf } from "./checks.support";

const root = resolve(__dirname, "../..");
const VOLUME = "docker:index/volume:Volume";

const contract = contractOf(2, 3);
const urn = (name: string): string => `urn:pulumi:dev::redis-on-docker::type::${name}`;

/** A stack's state with one data volume, which a destroy keeps or not, and with rotations that are deployed. */
const state = (retainOnDelete: boolean) => ({
  deployment: {
    resources: [
      { urn: urn("volume"), id: "data", type: VOLUME, retainOnDelete, outputs: { name: "data" } },
      ...["app.1", "app.2"].map((password) => ({
        urn: urn(`redis-password-${password}`),
        type: "random:index/randomPassword:RandomPassword",
        outputs: { result: contract.users.app },
      })),
    ],
  },
});
const config = (...rotations: readonly string[]) => ({
  "redis-on-docker:rotations": { value: "", objectValue: rotations },
});

describe("a command that asks", function () {
  this.timeout(20_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "redis-ops-ask-"));
    writeFileSync(join(folder, "outputs"), JSON.stringify(contract));
    writeFileSync(
      join(folder, "pulumi"),
      `#!/bin/sh
echo "$*" >> ${folder}/calls
case "$*" in
"stack ls"*) echo '[{"name":"dev"}]' ;;
"stack output"*) cat ${folder}/outputs ;;
"stack export"*) cat ${folder}/state ;;
"config --json"*) cat ${folder}/config ;;
*) exit 9 ;;
esac
`,
      { mode: 0o755 },
    );
    put("state", state(true));
    put("config", config("app:1+previous"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: "state" | "config", what: unknown): void =>
    writeFileSync(join(folder, name), JSON.stringify(what));
  const calls = (): string => readFileSync(join(folder, "calls"), "utf8");

  /** Runs a command as at a terminal, and says yes when it asks. */
  function run(args: readonly string[], beforeYes: () => void): Promise<{ code: number | null; stderr: string }> {
    const terminal = "data:text/javascript,process.stdin.isTTY=true";
    const child = spawn(
      process.execPath,
      ["--import", terminal, "--import", "tsx", join(root, "ops/cli.ts"), ...args],
      {
        cwd: root,
        env: { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), DEBUG: "" },
        stdio: ["pipe", "ignore", "pipe"],
        timeout: 15_000,
      },
    );
    let stderr = "";
    let asked = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (!asked && stderr.includes("[y/N]")) {
        asked = true;
        beforeYes();
        child.stdin.end("y\n");
      }
    });
    return new Promise((done) => child.on("close", (code) => done({ code, stderr })));
  }

  it("destroys nothing when data would go by then that would have stayed", async () => {
    const { code, stderr } = await run(["destroy"], () => put("state", state(false)));
    assert.match(stderr, /The data will stay on the engine: data\./);
    assert.match(stderr, /What becomes of the data of stack "dev" changed while the question waited\. Nothing was/);
    assert.equal(code, 1);
    assert.doesNotMatch(calls(), /^destroy/m);
  });

  it("destroys what was agreed to when nothing changed", async () => {
    const { code, stderr } = await run(["destroy"], () => undefined);
    assert.equal(code, 9, stderr);
    assert.match(calls(), /^destroy --yes .*--stack dev$/m);
  });

  it("says of an empty stack that there is nothing to remove", async () => {
    put("state", { deployment: { resources: [{ urn: urn("stack"), type: "pulumi:pulumi:Stack" }] } });
    const { stderr } = await run(["destroy"], () => undefined);
    assert.match(stderr, /^Stack "dev" is empty: there is nothing to remove\.\n/);
  });

  it("does not finish a rotation that another person began meanwhile", async () => {
    const { code, stderr } = await run(["rotate", "app", "--finish"], () => put("config", config("app:2+previous")));
    assert.match(stderr, /What the settings of stack "dev" say of rotations changed while the question waited\./);
    assert.equal(code, 1);
    assert.doesNotMatch(calls(), /^config set/m);
  });

  it("finishes the one that it asked about, and reads the outputs once", async () => {
    const { stderr } = await run(["rotate", "app", "--finish"], () => undefined);
    assert.match(calls(), /^config set --path rotations\[0\] app:1 --stack dev/m, stderr);
    assert.equal(calls().match(/^stack output/gm)?.length, 1);
  });
});
