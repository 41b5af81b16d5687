import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "mocha";
import { parse } from "yaml";
import { ACTIONLINT } from "../../toolchain/versions.mjs";

const root = join(__dirname, "../..");
const folder = join(root, ".github", "workflows");
const names = readdirSync(folder);
const text = (name: string): string => readFileSync(join(folder, name), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly environment?: string;
  readonly needs?: string;
  readonly env?: unknown;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly env?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}
const workflow = (name: string) => parse(text(name)) as Workflow;
const stepsOf = (name: string): readonly Step[] => Object.values(workflow(name).jobs).flatMap(({ steps }) => steps);

/** Only whether there is any: no secret's value. */
const WHETHER_THERE_IS_A_BACKEND = "${{ secrets.PULUMI_BACKEND_URL == '' && secrets.PULUMI_ACCESS_TOKEN == '' }}";
const usesSecrets = (part: unknown): boolean =>
  /\bsecrets\b/.test(JSON.stringify(part).replace(WHETHER_THERE_IS_A_BACKEND, ""));

/** actionlint, which looks into the scripts with shellcheck; both come with the tools of the tests. */
const lint = (files: readonly string[]) =>
  spawnSync("actionlint", ["-no-color", ...files], { encoding: "utf8", cwd: root });

describe("the workflows", () => {
  it("are those that the documentation speaks of", () => {
    assert.deepEqual([...names].sort(), ["deploy.yml", "preview.yml"]);
  });

  it("are valid for actionlint", () => {
    const { status, stdout, error } = lint(names.map((name) => join(folder, name)));
    assert.equal(error, undefined, "actionlint is not there: npm run test:unit gets it");
    assert.equal(status, 0, stdout);
  });

  it("would not be if they had a fault: actionlint and shellcheck are really asked", () => {
    const place = mkdtempSync(join(tmpdir(), "workflows-"));
    try {
      const faulty = text("preview.yml")
        .replace("matrix.stack", "matrix.stak")
        .replace("run: npm ci", "run: echo $HOME; cat $1");
      writeFileSync(join(place, "faulty.yml"), faulty);
      const { status, stdout } = lint([join(place, "faulty.yml")]);
      assert.equal(status, 1);
      assert.match(stdout, /property "stak" is not defined/);
      assert.match(stdout, /shellcheck reported issue.*SC2086/);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });

  it("use the pinned actionlint where it is built", () => {
    const module = readFileSync(join(root, "toolchain/go/actionlint/go.mod"), "utf8");
    assert.match(module, new RegExp(`github.com/rhysd/actionlint v${ACTIONLINT.replaceAll(".", "\\.")}$`, "m"));
  });

  for (const name of names) {
    it(`${name}: every action is pinned by its commit, with its version beside it`, () => {
      const uses = text(name)
        .split("\n")
        .filter((line) => /\buses:/.test(line));
      assert.ok(uses.length > 0);
      for (const line of uses) {
        assert.match(line, /uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
      assert.equal(stepsOf(name).filter((step) => step.uses !== undefined).length, uses.length);
    });

    it(`${name}: nothing has more rights than it needs`, () => {
      const { permissions, jobs, on, env } = workflow(name);
      assert.deepEqual(permissions, {}, "what a job does not name, it may not do");
      assert.ok(!("pull_request_target" in on), "a fork's program would run with the repository's secrets");
      assert.ok(!("workflow_run" in on));
      const allowed = name === "preview.yml" ? { contents: "read", "pull-requests": "write" } : { contents: "read" };
      for (const [job, { permissions: own }] of Object.entries(jobs)) {
        assert.deepEqual(own, allowed, job);
      }
      assert.deepEqual([env, ...Object.values(jobs).map((job) => job.env)].filter(Boolean), [], "secrets are a step's");
      for (const step of stepsOf(name).filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
        assert.equal(step.with?.["persist-credentials"], false);
      }
    });

    it(`${name}: no script has a word of GitHub's put into it`, () => {
      for (const { run } of stepsOf(name)) {
        assert.doesNotMatch(run ?? "", /\$\{\{/);
      }
    });

    it(`${name}: secrets are given to the steps that need them only`, () => {
      const given = stepsOf(name).filter(usesSecrets);
      assert.ok(given.length > 0);
      for (const { run } of given) {
        assert.match(run ?? "", /^npm run -s (preview|up) -- |require-backend\.sh$/);
      }
      const { jobs, ...around } = workflow(name);
      for (const outside of [around, ...Object.values(jobs).map((job) => ({ ...job, steps: [] }))]) {
        assert.ok(!usesSecrets(outside), "secrets are a step's");
      }
    });
  }
});

describe("the workflow of a pull request", () => {
  const [job] = Object.values(workflow("preview.yml").jobs);

  it("reports also when the preview failed, and then fails", () => {
    const last = job!.steps.at(-1)!;
    assert.match(last.run!, /report-preview\.sh/);
    assert.equal(last.if, "${{ !cancelled() }}");
    assert.doesNotMatch(text("preview.yml"), /continue-on-error|\|\| true/);
  });

  it("reports also on one that hangs: the steps before have less time together than GitHub gives the job", () => {
    const minutes = job!.steps.slice(0, -1).map((step) => step["timeout-minutes"]);
    assert.ok(minutes.every((given) => given !== undefined && given > 0));
    assert.ok(minutes.reduce((sum: number, given) => sum + given!, 0) + 5 <= job!["timeout-minutes"]!);
  });

  it("writes no comment with the token of a fork, and runs a fork on no machine of the owner's", () => {
    const last = job!.steps.at(-1)!;
    assert.match(last.env!.COMMENT!, /github\.event\.pull_request\.head\.repo\.full_name == github\.repository &&/);
    assert.match(
      text("preview.yml"),
      /runs-on: \$\{\{ github\.event\.pull_request\.head\.repo\.full_name == github\.repository && vars\.RUNNER \|\| /,
    );
  });
});

describe("the look for secrets in a step", () => {
  for (const given of [
    "${{ secrets.NAME }}",
    "${{ secrets.NAME || '' }}",
    "${{ secrets['NAME'] }}",
    "${{ toJSON(secrets) }}",
    `${WHETHER_THERE_IS_A_BACKEND}\${{ secrets.NAME }}`,
  ]) {
    it(`finds ${given}`, () => {
      assert.ok(usesSecrets({ run: "./report.sh", env: { VALUE: given } }));
      assert.ok(usesSecrets({ uses: "one/action", with: { value: given } }));
    });
  }

  it("leaves out the question whether there is a backend, and other words", () => {
    assert.ok(!usesSecrets({ env: { NO_BACKEND: WHETHER_THERE_IS_A_BACKEND }, run: "echo secretsOf" }));
  });
});

describe("the workflow of main", () => {
  const { jobs, on } = workflow("deploy.yml");

  it("deploys dev, then prod, each with its environment, from main only", () => {
    assert.deepEqual(on, { push: { branches: ["main"] } });
    assert.deepEqual(
      Object.entries(jobs).map(([name, { environment, needs }]) => [name, environment, needs]),
      [
        ["dev", "dev", undefined],
        ["prod", "prod", "dev"],
      ],
    );
  });

  it("never stops an update that is at work, and has one at a time of each stack", () => {
    for (const [name, { concurrency }] of Object.entries(jobs)) {
      assert.deepEqual(concurrency, { group: `deploy-${name}`, "cancel-in-progress": false });
    }
  });

  it("deploys nothing without a backend", () => {
    for (const { steps } of Object.values(jobs)) {
      const guard = steps.findIndex(({ run }) => run?.includes("require-backend.sh"));
      const up = steps.findIndex(({ run }) => run?.includes("npm run -s up"));
      assert.ok(guard >= 0 && guard < up);
    }
  });
});
