import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { previewOptions } from "../../ops/beforeUpdate";
import { dockerArguments } from "../../ops/commands/connect";
import { settleRole } from "../../checks/remedies";
import { parseState } from "../../ops/exportedState";
import { renderOutputs, withoutSecrets } from "../../ops/commands/outputs";
import { connectionHelp } from "../../ops/connectionHelp";
import { inOrder, linesOf, parseSince } from "../../ops/logs/lines";
import { destroyText, leftoverText, volumesOf } from "../../ops/volumes";
import { splitPulumiWords, splitWords } from "../../ops/words";
import { previewFolder, storedPreview } from "../support/previews";
import { contractOf } from "./checks.support";

const root = resolve(__dirname, "../..");

describe("the command line", function () {
  this.timeout(20_000);
  const contract = contractOf(2, 3);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "redis-ops-cli-"));
    writeFileSync(join(folder, "outputs.json"), JSON.stringify(contract));
    // Knows the stacks dev and other (deployed), older (as an older version did) and new (not deployed), and records how it was
    // called.
    writeFileSync(
      join(folder, "pulumi"),
      `#!/bin/sh
echo "$*" >> ${folder}/calls
case "$*" in
"stack ls"*) echo '[{"name":"dev"},{"name":"new"},{"name":"older"}]' ;;
"stack output"*"--stack dev"*) cat ${folder}/outputs.json ;;
"stack output"*"--stack other"*) cat ${folder}/outputs.json ;;
"stack output"*"--stack new"*) echo '{}' ;;
"stack output"*"--stack older"*) echo '{"contractVersion":1,"masterName":"mymaster"}' ;;
"stack export"*"--stack older"*) echo '{"deployment":{}}' ;;
"stack output"*"--stack locked"*) echo "error: incorrect passphrase" >&2; exit 255 ;;
"stack output"*) echo "error: no stack named 'x' found" >&2; exit 255 ;;
preview*"--stack dev"*--json*) cat ${folder}/events; exit "$(cat ${folder}/exit-code)" ;;
preview*) exit 7 ;;
esac
`,
    );
    chmodSync(join(folder, "pulumi"), 0o755);
    writeFileSync(join(folder, "docker"), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs a command as the front door does, with nobody at the terminal. */
  function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), DEBUG: "" };
    return new Promise((done) => {
      const child = execFile(
        process.execPath,
        ["--import", "tsx", join(root, "ops/cli.ts"), ...args],
        { env, cwd: root },
        (error, stdout, stderr) => {
          done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
        },
      );
      child.stdin?.end();
    });
  }

  /** A wrong command line or state is one sentence and an exit code, never a trace. */
  const refusals: readonly [readonly string[], number, RegExp][] = [
    [["statsu"], 2, /unknown command 'statsu'\n\(Did you mean status\?\)/],
    [["status", "--wath"], 2, /unknown option '--wath'\n\(Did you mean --watch\?\)/],
    [["status", "a", "b"], 2, /^too many arguments: b/],
    [["status", "--watch=0"], 2, /a number of seconds from 0.1 to 3600/],
    [["logs", "--tail", "x"], 2, /has to be a whole number, or all/],
    [["logs", "--since", "yesterday"], 2, /^--since yesterday: give a time such as 10m/],
    [["logs", "redis-mastr"], 2, /^There is no node or Sentinel "redis-mastr"; did you mean redis-master\?$/],
    [
      ["rotate", "app", "reports"],
      2,
      /^too many arguments: reports \("app" is taken for the user; name the stack first or with --stack\)$/,
    ],
    [["outputs", "--from", "network"], 2, /^--from says how --dotenv is written; add --dotenv$/],
    [["outputs", "--json", "--user", "app"], 2, /^--user says how --dotenv is written; add --dotenv$/],
    ...(["destroy", "up", "preview", "rotate"] as const).map((command): [string[], number, RegExp] => [
      [command, "organization/yaml-program/dev", ...(command === "rotate" ? ["app"] : [])],
      1,
      /^Stack "organization\/yaml-program\/dev" belongs to another program, yaml-program; .*pulumi destroy$/,
    ]),
    [["promote"], 2, /^missing argument: which node/],
    [["promote", "redis-replica-1"], 1, /^redis is under Sentinel, .*npm run failover -- --to redis-replica-1$/],
    [
      ["status", "--deployment", "cache", "--stack", "older"],
      1,
      /^Stack "older": The stack's outputs have contract version 1, this reader knows 2; bring the older/,
    ],
    [["outputs", "--dotenv", "--user", "nobody"], 1, /^Stack "dev": redis has no user nobody; there are /],
    [
      ["promote", "redis-replica-1", "--stack", "other"],
      1,
      /^redis is under Sentinel, .*npm run failover -- other --to redis-replica-1$/,
    ],
    [
      ["status", "--stack", "absent"],
      1,
      /^There is no stack "absent" of this program; there are dev, new, older, prod; a new one begins with its settings, in Pulumi\.absent\.yaml$/,
    ],
    [["status", "nww"], 1, /^There is no stack "nww" of this program; did you mean new\? A new one begins with/],
    [["destroy", "prod"], 1, /^Stack "prod" is not deployed yet; deploy it with: npm run up -- prod$/],
    [["up", "prdo"], 1, /^There is no stack "prdo" of this program; did you mean prod\?/],
    [["preview", "prdo"], 1, /^There is no stack "prdo" of this program; did you mean prod\?/],
    [["up", "a b"], 1, /^There is no stack "a b" of this program; there are dev,/],
    [["preview", "--markdown", "--json"], 2, /^--markdown and --json do not go together: choose one$/],
    [["preview", "dev", "--markdown="], 2, /^--markdown= names no file; as in: --markdown=preview\.md/],
    [["verify", "new"], 1, /^Stack "new" has no outputs: it is not deployed, .*npm run up -- new$/],
    [["status", "locked"], 1, /^Pulumi cannot read stack "locked": incorrect passphrase$/],
    [["status", "--deployment", "cache"], 1, /^Stack "dev": The stack has no deployment "cache"; there are redis\.$/],
    [["destroy", "absent"], 1, /^There is no stack "absent"/],
  ];
  for (const [args, code, sentence] of refusals) {
    it(`${args.join(" ")}: exit code ${code} and a sentence`, async () => {
      const { stdout, stderr, ...result } = await run(...args);
      assert.match(stderr.trim(), sentence);
      assert.equal(result.code, code);
      assert.equal(stdout, "");
      assert.ok(stderr.trim().split("\n").length <= 2, stderr);
    });
  }

  it("up ends with a sentence where the outputs are of another version", async () => {
    const { stdout, stderr, code } = await run("up", "older");
    assert.match(stderr, /^Stack "older": The stack's outputs have contract version 1, .* up to date\.$/m);
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.deepEqual([stdout, code], ["", 1]);
  });

  it("understands the command with which a node is made master by hand, as the findings say it", async () => {
    const advice = /`npm run -s (connect) -- ([^`]*NAME[^`]*)`/.exec(settleRole("redis-replica-1", "sentinel", "why"))!;
    const words = advice[2]!.replace("NAME", "redis-replica-1").split(" ");
    const { stdout, code } = await run(advice[1]!, ...words);
    const { host, port } = contract.nodes[1]!.announced;
    assert.match(stdout, new RegExp(`exec -i redis-replica-1 .* cli ${host} ${port} -e REPLICAOF NO ONE\\n$`));
    assert.equal(code, 0);
  });

  it("explains all in one --help, and one command in its own", async () => {
    const all = await run("--help");
    assert.equal(all.code, 0);
    for (const name of [
      "up",
      "preview",
      "destroy",
      "status",
      "verify",
      "outputs",
      "logs",
      "connect",
      "failover",
      "promote",
    ]) {
      assert.match(all.stdout, new RegExp(`^  ${name} `, "m"));
    }
    const one = await run("failover", "--help");
    assert.equal(one.code, 0);
    assert.match(one.stdout, /^Usage: npm run failover -- /);
    assert.match(one.stdout, /--to <node>/);
    const pulumis = await run("destroy", "--help");
    assert.equal(pulumis.code, 0);
    assert.match(pulumis.stdout, /^Usage: npm run destroy -- .*--remove-stack.*Other options go to pulumi/s);
  });

  it("says which commands take --json, as they do", async () => {
    const { stdout } = await run("--help");
    const without = /They take --json, for machines, except: ([\w, ]+)\./.exec(stdout)?.[1]?.split(", ");
    for (const name of ["logs", "connect", "promote", "rotate", "migrate"]) {
      const { stdout: own } = await run(name, "--help");
      assert.equal(/^ +--json /m.test(own), without?.includes(name) === false, name);
    }
  });

  it("without a command it explains itself, as a wrong command line", async () => {
    assert.equal((await run()).code, 2);
  });

  it("shows the outputs without the password unless told to", async () => {
    assert.ok(!(await run("outputs")).stdout.includes(contract.connection.password));
    assert.ok(!(await run("outputs", "--json")).stdout.includes(contract.connection.password));
    const shown = JSON.parse((await run("outputs", "--json", "--show-secrets")).stdout) as unknown;
    assert.deepEqual(shown, contract);
  });

  it("passes pulumi's exit code on, and further options to it", async () => {
    const { code } = await run("preview", "dev", "--diff", "--target", "urn");
    assert.equal(code, 7);
    assert.match(
      readFileSync(join(folder, "calls"), "utf8"),
      /^preview --policy-pack \S+ --stack dev --diff --target urn$/m,
    );
  });

  it("preview --markdown is what a pull request is told, with pulumi's exit code, on stdout or in a file", async () => {
    for (const [name, exitCode] of [
      ["image", 0],
      ["bad-setting", 255],
    ] as const) {
      writeFileSync(join(folder, "events"), storedPreview(name).stdout);
      writeFileSync(join(folder, "exit-code"), String(exitCode));
      const expected = readFileSync(join(previewFolder, `${name}.md`), "utf8");
      assert.deepEqual(await run("preview", "--markdown", "--target", "urn"), {
        code: exitCode,
        stdout: expected,
        stderr: "",
      });
      const file = join(folder, "preview.md");
      const { code, stdout, stderr } = await run("preview", "dev", `--markdown=${file}`);
      assert.deepEqual([code, stdout], [exitCode, ""]);
      assert.match(stderr, exitCode === 0 ? /^$/ : /settings? (is|are) not usable/);
      assert.equal(readFileSync(file, "utf8"), expected);
    }
    assert.match(
      readFileSync(join(folder, "calls"), "utf8"),
      /^preview --policy-pack \S+ --stack dev --target urn --json --non-interactive$/m,
    );
  });

  it("preview --markdown fails where pulumi ends well and nothing can be read", async () => {
    writeFileSync(join(folder, "events"), JSON.stringify({ steps: [], changeSummary: { same: 1 } }));
    writeFileSync(join(folder, "exit-code"), "0");
    const { code, stdout } = await run("preview", "dev", "--markdown");
    assert.equal(code, 1);
    assert.match(stdout, /^## Preview of `dev` failed$/m);
    assert.doesNotMatch(stdout, /No changes/);
  });

  it("preview --markdown tells also why pulumi could not be asked", async () => {
    const { code, stdout } = await run("preview", "no stack", "--markdown");
    assert.equal(code, 1);
    assert.match(stdout, /^## Preview of `no stack` failed$/m);
    assert.match(stdout, /^> There is no stack "no stack" of this program; /m);
  });
});

describe("words of a command line", () => {
  const isStack = (name: string) => name === "prod";

  it("the first one is the stack when there is such a stack and no --stack", () => {
    assert.deepEqual(splitWords(["prod", "PING"], undefined, isStack), { stack: "prod", rest: ["PING"] });
    assert.deepEqual(splitWords(["PING"], undefined, isStack), { stack: undefined, rest: ["PING"] });
    assert.deepEqual(splitWords(["prod"], "dev", isStack), { stack: "dev", rest: ["prod"] });
    assert.deepEqual(splitWords([], undefined, isStack), { stack: undefined, rest: [] });
  });

  it("for pulumi it is the stack unless it is an option", () => {
    assert.deepEqual(splitPulumiWords(["new", "--diff"], undefined), { stack: "new", rest: ["--diff"] });
    assert.deepEqual(splitPulumiWords(["--target", "urn"], undefined), { stack: undefined, rest: ["--target", "urn"] });
  });
});

describe("logs", () => {
  it("are put in the order of time over all members", () => {
    const a = linesOf("a", "2025-11-23T14:00:00.000000001Z first\n2025-11-23T14:00:02.000000000Z third\r\n");
    const b = linesOf("b", "2025-11-23T14:00:01.000000000Z second one\n2025-11-23T14:00:03.000000000Z\n");
    assert.deepEqual(
      inOrder([a, b]).map(({ member, text }) => `${member} ${text}`),
      ["a first", "b second one", "a third", "b "],
    );
  });

  it("--since is a time ago or a date", () => {
    assert.equal(parseSince("90s", 100_000), 10);
    assert.equal(parseSince("2h", 7_200_000), 0);
    assert.equal(parseSince("1970-01-02", 0), 86_400);
    for (const wrong of ["", "ten", "10", "10w", "1970-99-99"]) {
      assert.throws(() => parseSince(wrong, 0), /--since/);
    }
  });
});

describe("connect", () => {
  it("has no password in its arguments, and reaches the node's own engine", () => {
    const contract = contractOf(2, 3);
    const args = dockerArguments(contract.nodes[1]!, ["INFO", "server"], true);
    assert.deepEqual(args, [
      "-H", "unix:///var/run/docker.sock", "exec", "-it", "redis-replica-1",
      "/bin/sh", "/opt/redis-node/node.sh", "cli", "172.30.29.12", "6379", "-e", "INFO", "server",
    ]); // prettier-ignore
    assert.ok(dockerArguments(contract.nodes[1]!, [], false).includes("-i"));
  });
});

describe("what is said after a deployment", () => {
  for (const sentinels of [3, 0]) {
    it(`names endpoints and commands, and never the password (${sentinels} Sentinels)`, () => {
      const contract = contractOf(2, sentinels);
      const text = connectionHelp(contract, "prod", false);
      assert.match(text, /127.0.0.1:6380 127.0.0.1:6381 127.0.0.1:6382/);
      assert.match(text, /npm run status -- prod\n/);
      assert.match(text, /npm run connect -- prod\n/);
      assert.ok(!text.includes(contract.connection.password));
    });
  }

  it("needs no words for the default stack, and the deployment's name where there are several", () => {
    const contract = contractOf(2, 3);
    assert.match(connectionHelp(contract, "dev", false), /npm run status\n/);
    assert.match(connectionHelp(contract, "dev", true), /npm run status -- --deployment redis\n/);
    assert.match(connectionHelp(contract, "dev", true), /outputs\.deployments\["redis"\]\.connection/);
  });
});

describe("outputs for people", () => {
  it("mask every secret", () => {
    const contract = contractOf(1, 1);
    assert.ok(!JSON.stringify(withoutSecrets(contract)).includes(contract.connection.password));
    assert.match(renderOutputs(withoutSecrets(contract)), /^users +admin +\[secret\]$/m);
  });
});

describe("destroy", () => {
  const volume = (name: string, flags: object) => ({
    ...{ urn: `urn::${name}`, type: "docker:index/volume:Volume", outputs: { name } },
    ...flags,
  });
  const state = parseState({
    deployment: {
      resources: [
        { urn: "urn::stack", type: "pulumi:pulumi:Stack" },
        volume("c", { protect: true, retainOnDelete: true }),
        volume("b", { retainOnDelete: true }),
        volume("a", {}),
        volume("old", { delete: true }),
      ],
    },
  });

  it("finds the fate of each volume in the state", () => {
    assert.deepEqual(volumesOf(state), [
      { name: "a", fate: "deleted" },
      { name: "b", fate: "kept" },
      { name: "c", fate: "protected" },
    ]);
    assert.deepEqual(volumesOf(parseState({ deployment: {} })), []);
  });

  it("and an update look at what is protected first", () => {
    assert.deepEqual(previewOptions(state), []);
    assert.deepEqual(previewOptions({ ...state, resources: state.resources.filter(({ protect }) => !protect) }), [
      "--skip-preview",
    ]);
  });

  it("says what goes, what stays and how to remove that too", () => {
    assert.equal(
      destroyText("dev", volumesOf(state)),
      'Stack "dev": all containers and networks will be removed.\nThe data will go too: a.\nThe data will stay on the engine: b.\nThe data will stay, protected: c.',
    );
    assert.match(
      leftoverText("dev", volumesOf(state)),
      /docker volume rm b\n.*protected: c\.\n.*state unprotect --all --yes --stack dev/,
    );
    assert.equal(leftoverText("dev", [{ name: "a", fate: "deleted" }]), "");
  });
});
