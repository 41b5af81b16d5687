import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { COMMENT_LIMIT, marker } from "../../ops/preview/render";
import { storedPreview } from "../support/previews";
import { previewFrom } from "../../ops/preview/read";
import { renderPreview } from "../../ops/preview/render";

const scripts = join(__dirname, "../../.github/scripts");

/**
 * Stands in for GitHub's command: it answers with the ids that are in the file `found`, and keeps how it was called and
 * the body that it was given.
 */
const FAKE_GH = `#!/bin/sh
echo "$*" >> calls
for word in "$@"; do
  case "$word" in
    body=@*) cat "\${word#body=@}" > body ;;
  esac
done
case "$*" in
  *--paginate*) cat found ;;
esac
exit "$(cat fails)"
`;

describe("the report on a preview", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    writeFileSync(join(folder, "gh"), FAKE_GH, { mode: 0o755 });
    writeFileSync(join(folder, "found"), "");
    writeFileSync(join(folder, "fails"), "0");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string): string => readFileSync(join(folder, name), "utf8");
  const report = (markdown: string | undefined, more: NodeJS.ProcessEnv = {}, stack = "dev") => {
    if (markdown !== undefined) {
      writeFileSync(join(folder, "preview.md"), markdown);
    }
    return spawnSync(join(scripts, "report-preview.sh"), [stack, "preview.md"], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: [folder, process.env.PATH].join(delimiter),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        REPOSITORY: "owner/name",
        PULL_REQUEST: "7",
        GH_TOKEN: "none",
        ...more,
      },
    });
  };
  const markdown = renderPreview(previewFrom(storedPreview("image")));
  const trimmed = (text: string): string => text.replaceAll(/\n{2,}/g, "\n\n").trim();

  it("is a new comment where there is none, and in the run's summary", () => {
    const { status, stderr } = report(markdown);
    assert.equal(status, 0, stderr);
    const [look, write, ...more] = file("calls").trim().split("\n");
    assert.match(look!, /^api --paginate repos\/owner\/name\/issues\/7\/comments\?per_page=100 --jq /);
    assert.match(write!, /^api --silent --method POST repos\/owner\/name\/issues\/7\/comments -F body=@/);
    assert.deepEqual(more, []);
    assert.equal(trimmed(file("body")), trimmed(markdown));
    assert.equal(file("summary"), file("body"));
  });

  it("is edited in place where there is one, the first of its own", () => {
    writeFileSync(join(folder, "found"), "4711\n4712\n");
    assert.equal(report(markdown).status, 0);
    assert.match(file("calls"), /^api --silent --method PATCH repos\/owner\/name\/issues\/comments\/4711 -F body=@/m);
    assert.doesNotMatch(file("calls"), /POST/);
  });

  it("looks for the line that the renderer writes, in comments of the workflow only", () => {
    report(markdown);
    const [, filter] = /--jq (.*)$/m.exec(file("calls"))!;
    assert.match(filter!, /\.user\.login == "github-actions\[bot\]"/);
    assert.match(filter!, /startswith\(env\.MARKER\)/);
    for (const stack of ["dev", "prod"]) {
      report(undefined, {}, stack);
      assert.equal(file("body").split("\n")[0], marker(stack));
    }
  });

  it("says so when the preview could not be started, or was stopped", () => {
    for (const nothing of [undefined, ""]) {
      assert.equal(report(nothing).status, 0);
      assert.match(file("body"), /^## Preview of `dev` failed$/m);
      assert.match(file("body"), /\*\*It could not be started, or took too long\.\*\* The log of the run says which\./);
    }
  });

  it("is in the summary alone where no comment may be written, and says so", () => {
    const { stdout } = report(markdown, { COMMENT: "false" });
    assert.match(stdout, /^No comment: this run may not write one\. The preview is in the summary of the run\.$/m);
    assert.ok(!existsSync(join(folder, "calls")));
    assert.equal(trimmed(file("summary")), trimmed(markdown));
  });

  it("warns that there was no state to compare with", () => {
    report(markdown, { NO_BACKEND: "true" });
    const [first, ...rest] = file("body").split("\n\n");
    assert.equal(first, marker("dev"));
    assert.match(rest[0]!, /^> \[!NOTE\]\n> This run was given no Pulumi backend/);
  });

  it("is cut at a line where it is too long, and says so", () => {
    const long = `${marker("dev")}\n\n<details>\n\n${"| é | 😀 | cell |\n".repeat(8000)}\n</details>\n`;
    assert.ok(long.length > COMMENT_LIMIT);
    assert.equal(report(long).status, 0);
    const body = file("body");
    assert.ok(body.length < COMMENT_LIMIT, `${body.length} characters`);
    assert.ok(body.length > COMMENT_LIMIT * 0.7, `only ${body.length} characters`);
    assert.match(body, /\| cell \|\n\n<\/details>\n\nThe rest is cut off, .*: npm run preview -- dev\n$/);
  });

  it("fails where GitHub refuses, and the summary has the preview all the same", () => {
    writeFileSync(join(folder, "fails"), "1");
    assert.notEqual(report(markdown).status, 0);
    assert.equal(trimmed(file("summary")), trimmed(markdown));
  });
});

describe("a deployment from a workflow", () => {
  const guard = (env: NodeJS.ProcessEnv) =>
    spawnSync(join(scripts, "require-backend.sh"), { encoding: "utf8", env: { PATH: process.env.PATH, ...env } });

  it("is refused without a backend, and says what to set", () => {
    for (const none of [{}, { PULUMI_BACKEND_URL: "", PULUMI_ACCESS_TOKEN: "" }]) {
      const { status, stdout } = guard(none);
      assert.equal(status, 1);
      assert.match(stdout, /^::error::There is no Pulumi backend, so nothing is deployed\. Set the secret /);
    }
    assert.equal(guard({ PULUMI_BACKEND_URL: "s3://states" }).status, 0);
    assert.equal(guard({ PULUMI_ACCESS_TOKEN: "given" }).status, 0);
  });
});
