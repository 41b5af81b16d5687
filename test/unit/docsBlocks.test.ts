import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import {
  commandBlocks,
  commandsOf,
  HOW_TO_MARK,
  mainWord,
  markProblem,
  pages,
  SCENES,
  snippets,
} from "../support/docsBlocks";
import { missingLines, sessionSteps } from "../support/docsSession";

const root = join(__dirname, "..", "..");
const read = (page: string): string => readFileSync(join(root, page), "utf8");

const block = (text: string) => {
  const [only, ...more] = commandBlocks("docs/page.md", text);
  assert.equal(more.length, 0);
  return only ?? assert.fail("no block of commands");
};

describe("blocks of commands in the documentation", () => {
  for (const page of pages()) {
    it(`${page}: every one says which test runs it, or why none does`, () => {
      const problems = commandBlocks(page, read(page)).flatMap((found) => markProblem(found) ?? []);
      assert.ok(problems.length === 0, [...problems, HOW_TO_MARK].join("\n"));
    });

    it(`${page}: none is without a fence`, () => {
      const unfenced = read(page).match(/^\n {4,}(\$ |npm |docker |node |git ).*$/gm);
      assert.deepEqual(unfenced, null, "use ```bash");
    });
  }

  it("snippets of the examples' programs are what these say", () => {
    const all = pages().flatMap((page) => snippets(read(page)).map((snippet) => ({ page, ...snippet })));
    assert.ok(all.length > 0, "there are no snippets");
    const wrong = all.filter(({ file, code }) => !existsSync(join(root, file)) || !read(file).includes(code));
    assert.deepEqual(
      wrong.map(({ page, line, file }) => `${page}:${line} is not in ${file}`),
      [],
    );
  });

  it("each scene has one", () => {
    const used = new Set(pages().flatMap((page) => commandBlocks(page, read(page)).map(({ mark }) => mark?.text)));
    assert.deepEqual(
      SCENES.filter((scene) => !used.has(scene)),
      [],
    );
  });
});

describe("reading blocks of commands", () => {
  it("finds shells and sessions, also in lists, and nothing else", () => {
    const text = [
      "```json\n{}\n```",
      "<!-- run: look -->\n\n```bash\nnpm run status\n```",
      "1. Do\n\n   <!-- not run: only a person can -->\n\n   ```\n   $ npm run up\n   done\n   ```",
      "```\nonly output\n```",
    ].join("\n\n");
    const seen = commandBlocks("docs/page.md", text).map(({ line, code, isSession, mark }) => [
      line,
      code,
      isSession,
      mark?.kind,
    ]);
    assert.deepEqual(seen, [
      [7, "npm run status", false, "run"],
      [15, "$ npm run up\ndone", true, "not run"],
    ]);
  });

  it("takes a command over several lines as one, and leaves comments and output out", () => {
    assert.deepEqual(commandsOf({ code: "# why\nnpm run status \\\n  -- prod\n\ndocker ps", isSession: false }), [
      "npm run status -- prod",
      "docker ps",
    ]);
    assert.deepEqual(commandsOf({ code: "$ npm run up\ndone\n", isSession: true }), ["npm run up"]);
  });

  it("knows the word of a command that counts", () => {
    for (const [command, word] of [
      ["npm run -s status -- prod", "status"],
      ["npm run test:unit", "test:unit"],
      ["npm run -s pulumi -- config set --secret password 'x' --stack dev", "password"],
      ["npm run -s pulumi -- stack output tls --json", "stack"],
      ["docker stop redis-master", "stop"],
      ["redis-cli --tls", "redis-cli"],
    ] as const) {
      assert.equal(mainWord(command), word);
    }
  });

  it("says what is wrong with a mark, and how to put it right", () => {
    for (const [mark, problem] of [
      ["", /docs\/page\.md:3: the block of commands has no mark/],
      ["<!-- run: nowhere -->", /no scene "nowhere"; there are deploy, /],
      ["<!-- run by: test/unit/none.test.ts -->", /there is no test test\/unit\/none\.test\.ts/],
      ["<!-- run by: test/unit/render.test.ts -->", /test\/unit\/render\.test\.ts does not do rotate/],
      ["<!-- not run: -->", /no reason is given/],
    ] as const) {
      assert.match(markProblem(block(`${mark}\n\n\`\`\`bash\nnpm run rotate -- app\n\`\`\``)) ?? "", problem);
    }
  });

  it("has nothing to say of a good one", () => {
    for (const mark of ["run: look", "run by: test/changes/rotation.test.ts", "not run: it asks a person"]) {
      assert.equal(markProblem(block(`<!-- ${mark} -->\n\n\`\`\`sh\nnpm run rotate -- app\n\`\`\``)), undefined);
    }
  });
});

describe("sessions in the documentation", () => {
  it("are commands with what they print", () => {
    assert.deepEqual(sessionSteps("$ one\nfirst\nsecond\n$ two"), [
      { command: "one", shown: ["first", "second"] },
      { command: "two", shown: [] },
    ]);
  });

  it("may differ from a real output in figures, and in what comes after the first words", () => {
    const shown = ["  0.15 s  redis-replica-1 is preferred", "...", "", "  -> its container is stopped: ..."];
    const output = "noise\n  2.3 s  redis-replica-2 was chosen\n  -> its container is gone";
    assert.deepEqual(missingLines(shown, output), []);
  });

  it("may not show what is not printed", () => {
    assert.deepEqual(missingLines(["redis is up and checked.", "OK"], "redis is down\n"), [
      "redis is up and checked.",
      "OK",
    ]);
  });
});
