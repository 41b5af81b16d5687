import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { commandBlocks, commandsOf, HOW_TO_MARK, markProblem, pages, SCENES, snippets } from "../support/docsBlocks";
import { wordsOfLine } from "../support/commandWords";
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
    // A page shows lines of a function without its indentation.
    const flush = (text: string): string => text.replaceAll(/^ +/gm, "");
    const wrong = all.filter(
      ({ file, code }) => !existsSync(join(root, file)) || !flush(read(file)).includes(flush(code)),
    );
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

  for (const [line, ...words] of [
    ["npm run -s status -- prod", "status"],
    ["npm run test:unit # all", "test:unit"],
    ["npm ci && npm pack", "pack"],
    ["npm run -s pulumi -- config set --secret password 'x' --stack dev", "password"],
    ["npm run -s pulumi -- config set --stack dev --path 'users[0].name' shop", "users"],
    ["npm run -s pulumi -- stack output tls --json --stack dev > ca.crt", "output"],
    ["npm run -s pulumi -- -C examples/node-app config set redisStack x/y/dev --stack shop", "node-app", "redisStack"],
    ["pulumi -C examples/node-app up --stack shop", "node-app", "up"],
    ["pulumi -C examples/node-app dwon", "node-app", "dwon"],
    ["docker stop redis-master; docker start redis-master", "stop", "start"],
    ["curl -X PUT --data hello http://127.0.0.1:8090/items/greeting", "/items/greeting"],
    ["curl http://127.0.0.1:8090/", "fetch"],
    ["npm run -s pulumi -- stack output --json | python3 examples/redis-py/main.py", "output", "main.py"],
    ["npm run -s status | (cd examples/go-redis && go run .)", "status", "go-redis"],
    ["npm run -s status | nod -p 'a | b'", "status", "nod"],
    ["redis-cli --tls", "redis-cli"],
  ] as const) {
    it(`knows the words that count: ${line}`, () => {
      assert.deepEqual(wordsOfLine(line), { words, absent: [] });
    });
  }

  it("knows which files of the clone are not there", () => {
    const line = "npm run -s pulumi -- -C examples/nodeapp up | python3 examples/redis-py/man.py docs/faq.md x/y";
    assert.deepEqual(wordsOfLine(line).absent, ["examples/nodeapp", "examples/redis-py/man.py"]);
  });

  it("takes no comment in a test for something that it does", () => {
    const ofApplications = (command: string) =>
      markProblem(block(`<!-- run by: test/consumers/applications.test.ts -->\n\n\`\`\`bash\n${command}\n\`\`\``));
    assert.match(ofApplications("npm run -s types") ?? "", /applications\.test\.ts does not do types$/);
    assert.equal(ofApplications("npm run -s failover | npm run -s destroy"), undefined);
    assert.match(ofApplications("npm run -s failover | npm run -s logs") ?? "", /does not do logs$/);
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
