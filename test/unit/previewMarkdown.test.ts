import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, it } from "mocha";
import { expectations, HAND_OVER_MEASURED } from "../../ops/preview/interruption";
import type { Change, Preview } from "../../ops/preview/model";
import { previewFrom } from "../../ops/preview/read";
import { COMMENT_LIMIT, marker, renderPreview } from "../../ops/preview/render";
import { hostileText } from "../support/hostileText";
import { previewFolder, previewNames, storedPreview } from "../support/previews";

const read = (path: string): string => readFileSync(path, "utf8");
const rendered = (name: string): string => renderPreview(previewFrom(storedPreview(name)));

describe("the Markdown of a preview", () => {
  for (const name of previewNames()) {
    it(`is what it was when somebody read it: ${name}`, () => {
      assert.equal(rendered(name), read(join(previewFolder, `${name}.md`)));
    });
  }

  it("has been made of every case that people meet", () => {
    const cases = [
      "bad-setting",
      "create",
      "destroy",
      "image",
      "live-setting",
      "no-change",
      "policy",
      "scale-down",
      "scale-up",
    ];
    assert.deepEqual(
      cases.filter((name) => !previewNames().includes(name)),
      [],
    );
  });

  it("begins with a line that nobody sees, one for each stack", () => {
    assert.equal(rendered("image").split("\n")[0], "<!-- redis-on-docker: preview of dev -->");
    assert.equal(rendered("policy").split("\n")[0], "<!-- redis-on-docker: preview of prod -->");
    assert.equal(marker("organization/project/dev"), marker("dev"));
    assert.doesNotMatch(marker("dev --> <b>").slice(4, -3), /[<>]/);
  });

  it("counts first, and then says in bold what cannot be taken back", () => {
    const [, heading, counts, ...rest] = rendered("scale-down").split("\n\n");
    assert.equal(heading, "## Preview of `dev`");
    assert.match(counts!, /^\*\*4 to delete\*\* · \*\*1 to change\*\* · \d+ unchanged$/);
    assert.match(rest[0]!, /^> \[!CAUTION\]\n> - \*\*A volume with data is deleted: `pv-cache-replica-2-data`\.\*\*/);
  });

  it("expects of a hand-over what was measured", () => {
    const row = read(join(__dirname, "../../docs/failures.md"))
      .split("\n")
      .find((line) => line.startsWith("| 2. `pulumi up` that replaces all containers"));
    assert.equal(row?.split("|")[2]?.trim(), HAND_OVER_MEASURED);
  });

  it("says why a preview failed that Pulumi did not begin, without colours, and a program's fault without its trace", () => {
    const failed = (run: { stdout?: string; stderr?: string }) =>
      renderPreview(previewFrom({ stack: "dev", exitCode: 255, stdout: "", stderr: "", ...run }));
    assert.match(failed({ stderr: "\x1b[31merror: \x1b[0mthe passphrase is wrong\n" }), /^> the passphrase is wrong$/m);
    assert.match(failed({}), /^> Pulumi gave no reason; the log of the run may have one\.$/m);
    const message = `error: Running program '/home/me/index.ts' failed with an unhandled exception:
<{%reset%}>TypeError: no such thing
    at Object.<anonymous> (/home/me/index.ts:3:7)
    at node:internal/main/run_main_module:36:49<{%reset%}>
`;
    const crashed = failed({
      stdout: JSON.stringify({ diagnosticEvent: { severity: "error", message } }),
    });
    const warned = renderPreview(
      previewFrom({
        stack: "dev",
        folder: "/home/me/redis",
        exitCode: 1,
        stdout: JSON.stringify({
          diagnosticEvent: { severity: "warning", message: "no '/home/me/redis/dist', using '/home/me/redis'" },
        }),
        stderr: "error: could not read /home/me/redis/Pulumi.dev.yaml",
      }),
    );
    assert.match(warned, /^- no 'dist', using '\.'$/m);
    assert.match(warned, /^> could not read Pulumi\.dev\.yaml$/m);
    assert.match(crashed, /^> the program failed: TypeError: no such thing$/m);
    assert.doesNotMatch(crashed, /home|run_main_module/);
  });
});

describe("the interruption that is expected", () => {
  const change = (operation: Change["operation"], kind: Change["kind"], name: string): Change => ({
    operation,
    step: operation,
    urn: name,
    kind,
    type: "Container",
    name,
    deployment: "cache",
    paths: [],
    causes: [],
    fate: "gone",
  });
  const expected = (changes: readonly Change[], said: readonly string[] = [], topology = "sentinel") => {
    const notes = said.map((text) => ({ text, deployment: "cache" }));
    const preview = {
      ...previewOfAll(() => "x"),
      failed: false,
      doubts: [],
      changes,
      notes,
      topologies: { cache: topology },
    };
    return expectations(preview).map(({ interruption }) => interruption);
  };
  const master = change("replace", "data container", "a");
  const replica = change("replace", "data container", "b");
  const sentinel = change("replace", "Sentinel", "s");
  const leaving = change("delete", "data container", "c");
  const sentences = {
    all: "Replaces 2 containers, one at a time: b, then a, the master now, which hands over first.",
    alone: "Replaces 1 container: a, the master now, which hands over first if there is a replica.",
    replica: "Replaces 1 container: b.",
    unknown: "Replaces 2 containers, one at a time: a, b; nobody says who is the master now.",
    together: "Replaces 2 containers at once, which interrupts the service: b, a; a is another one now.",
  };

  for (const [what, changes, said, interruption] of [
    ["only Sentinels are replaced", [sentinel], "Replaces 1 container: s.", "none"],
    ["only a replica is replaced", [replica], sentences.replica, "none for writes"],
    ["a replica is replaced, and another node leaves", [replica, leaving], sentences.replica, "none, or one hand-over"],
    [
      "Sentinels are replaced, and a node leaves",
      [sentinel, leaving],
      "Replaces 1 container: s.",
      "none, or one hand-over",
    ],
    ["the master is replaced", [master, replica], sentences.all, "one hand-over"],
    ["nobody else is", [master], sentences.alone, "one hand-over, or a restart where there is no replica"],
    ["nobody says who is the master", [master, replica], sentences.unknown, "at most one hand-over"],
    ["the program says no order", [master, replica], "", "at most one hand-over"],
    ["all go at once", [master, replica], sentences.together, "some seconds"],
    ["a node leaves", [leaving], "", "none, or one hand-over"],
    ["a node joins", [change("create", "data container", "d")], "", "none"],
    ["a deployment goes", [change("delete", "deployment", "cache"), leaving], "", "the service ends"],
    ["a deployment comes", [change("create", "deployment", "cache")], "", "none"],
    ["servers change", [change("update", "settings", "cache-settings")], "", "none"],
    ["a network is replaced", [change("replace", "network", "n"), replica], sentences.replica, "some seconds"],
    ["something happens that has no word", [change("other", "data container", "a")], "", "cannot be told"],
  ] as const) {
    it(`is told where ${what}: ${interruption}`, () => {
      assert.deepEqual(expected(changes, [said]), [interruption]);
    });
  }

  it("is told of each deployment by itself, and of none where the preview failed", () => {
    const other = { ...leaving, deployment: "queue" };
    assert.deepEqual(expected([master, replica, other], [sentences.all]), ["one hand-over", "none, or one hand-over"]);
    assert.deepEqual(expectations({ ...previewOfAll(() => "x"), violations: [], doubts: [] }), []);
  });

  it("is not told where the preview may have left something out", () => {
    const preview = { ...previewOfAll(() => "x"), failed: false, changes: [replica], doubts: [] };
    assert.equal(expectations(preview).length, 1);
    assert.deepEqual(expectations({ ...preview, doubts: ["one"] }), []);
  });
});

describe("the previews that the tests read", () => {
  it("have no secret, no state and no path of a machine in them", () => {
    for (const name of previewNames()) {
      const text = read(join(previewFolder, `${name}.json`)).replaceAll(
        /"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"\[secret\]"/g,
        "",
      );
      const foreign = [
        /(?<![\w.:/])\/(?:tmp|home|root|work|usr|var)\//,
        /\b[A-Za-z0-9]{32}\b/,
        /PRIVATE KEY|ciphertext|plaintext/,
        /"outputs"|sha256:[0-9a-f]/,
      ];
      for (const pattern of foreign) {
        assert.doesNotMatch(text, pattern, name);
      }
    }
  });
});

describe("what a preview knows of the state", () => {
  /** Everything that a preview has of a resource beside its name and what changes, replaced by words to look for. */
  const poisoned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(poisoned)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner)]))
        : "canary";

  it("is in no Markdown", () => {
    for (const name of previewNames()) {
      const run = storedPreview(name);
      const lines = run.stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => {
          const event = JSON.parse(line) as {
            resourcePreEvent?: { metadata: Record<"old" | "new", Record<string, unknown> | null | undefined> };
          };
          for (const state of [event.resourcePreEvent?.metadata.old, event.resourcePreEvent?.metadata.new]) {
            if (state) {
              state.inputs = { ...(poisoned(state.inputs ?? {}) as object), envs: ["PASSWORD=canary"] };
              state.outputs = { password: "canary", nested: { list: ["canary"] } };
              state.id = "canary";
            }
          }
          return JSON.stringify(event);
        });
      const debug = { diagnosticEvent: { severity: "debug", message: "RegisterResource: canary" } };
      const passing = { diagnosticEvent: { severity: "info", message: "canary", ephemeral: true } };
      const stdout = [...lines, JSON.stringify(debug), JSON.stringify(passing), "canary, a line of no event"].join(
        "\n",
      );
      assert.doesNotMatch(renderPreview(previewFrom({ ...run, stdout })), /canary/, name);
    }
  });

  it("changes by paths: those of components are found by comparing", () => {
    const step = (old: object, next: object) =>
      JSON.stringify({
        resourcePreEvent: {
          metadata: {
            op: "update",
            urn: "urn:pulumi:dev::redis-on-docker::redis-on-docker:index:GroupSettings::redis-settings",
            old: { inputs: old },
            new: { inputs: next },
          },
        },
      });
    const paths = (old: object, next: object) =>
      previewFrom({ stack: "dev", exitCode: 0, stdout: step(old, next), stderr: "" }).changes.map(
        (change) => change.paths,
      );
    assert.deepEqual(paths({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1, c: 3, e: 4 }, d: [1, 2] }), [
      ["a.c", "a.e", "d"],
    ]);
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
    assert.deepEqual(paths({ secrets: secret }, { secrets: "not known yet" }), [["secrets"]]);
    assert.deepEqual(paths({ secrets: secret }, { secrets: secret }), [[]]);
  });
});

/** The kinds of the parts of a text, from the outside to the inside, without what they say. */
function shapeOf(tokens: readonly Token[]): unknown[] {
  const shapes = tokens.flatMap((token): unknown[] => {
    if (token.type === "table") {
      const { header, rows } = token as Tokens.Table;
      return [["table", ...[header, ...rows].map((row) => row.map((cell) => shapeOf(cell.tokens)))]];
    }
    if (token.type === "list") {
      return [["list", ...(token as Tokens.List).items.map((item) => shapeOf(item.tokens))]];
    }
    // Text may be cut into pieces where something in it is escaped.
    if (token.type === "escape" || (token.type === "text" && !("tokens" in token))) {
      return ["text"];
    }
    if (token.type === "html") {
      return [`html: ${token.raw}`];
    }
    return ["tokens" in token && token.tokens ? [token.type, ...shapeOf(token.tokens)] : token.type];
  });
  return shapes.filter((shape, at) => !(shape === "text" && shapes[at - 1] === "text"));
}

/** What GitHub looks at for mentions and references: all text that is in no code. */
function proseOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "table") {
        const { header, rows } = token as Tokens.Table;
        return [header, ...rows]
          .flat()
          .map((cell) => `${proseOf(cell.tokens)}\n`)
          .join("");
      }
      if (token.type === "list") {
        return (token as Tokens.List).items.map((item) => `${proseOf(item.tokens)}\n`).join("");
      }
      if ("tokens" in token && token.tokens) {
        return `${proseOf(token.tokens)}${token.type === "paragraph" ? "\n" : ""}`;
      }
      return token.type === "codespan" ? " " : "text" in token ? String(token.text) : "";
    })
    .join("");
}

const hostile = fc.oneof(
  hostileText,
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        ..."|`\\*_[]()<>!#@~$&:{}^-+=.1 ".split(""),
        "@someone",
        "#12",
        "\n\n",
        "\n- ",
        "\n> ",
        "\n| a | b |\n",
        "\n```\n",
        "</details>",
        "<img src=x onerror=a>",
        "<!-- redis-on-docker: preview of dev -->",
        "](https://example.com)",
        "![a](b)",
        "https://example.com",
        "www.example.com",
        "me@example.com",
        "&#124;",
        "\u200b",
      ),
      { maxLength: 12 },
    )
    .map((pieces) => pieces.join("")),
);

const operations = ["create", "update", "replace", "delete", "other"] as const;
const kinds = [
  "deployment",
  "settings",
  "data container",
  "Sentinel",
  "data volume",
  "network",
  "password",
  "other",
] as const;

/** A preview of everything at once, in which each text is what `say` gives. */
function previewOfAll(say: () => string): Preview {
  const changes = operations.flatMap((operation) =>
    kinds.map((kind): Change => ({
      operation,
      step: say(),
      urn: say(),
      kind,
      type: say(),
      name: say(),
      deployment: kind === "other" ? "" : "cache",
      paths: [say()],
      causes: [say()],
      fate: "gone",
    })),
  );
  return {
    stack: "dev",
    failed: true,
    counts: { create: 8, update: 8, replace: 8, delete: 8, same: 1 },
    changes,
    errors: [say(), `${say()}\n  - ${say()}\n  - ${say()}`],
    doubts: [say()],
    warnings: [say()],
    notes: [{ text: `Replaces 1 container: ${say().replaceAll(",", "")}.`, deployment: "cache" }],
    violations: [
      { rule: say(), mandatory: true, text: `container x: ${say()}` },
      { rule: say(), mandatory: false, text: `container y: ${say()}` },
    ],
    policyPacks: [say()],
    topologies: { cache: say() },
  };
}

describe("text from outside", () => {
  it("stays text: it ends no code, no cell, no table, no box and no fold, and calls nobody", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 8, maxLength: 8 }), (texts) => {
        let at = 0;
        const next = (of: readonly string[]) => () => of[at++ % of.length]!;
        const filled = texts.map((one) => (/\S/.test(one.replaceAll(/\s/g, "")) ? one : "x"));
        const oneLine = filled.map((one) => one.replaceAll(/\s+/g, " ").replaceAll(/^[ -]+/g, ""));
        const given = previewOfAll(next(oneLine.map((one) => (one === "" ? "x" : one))));
        at = 0;
        const tokens = marked.lexer(renderPreview(given));
        // The same number of different texts, so that the same things are grouped.
        const plain = new Map<string, string>();
        const harmless = (one: string) => plain.get(one) ?? plain.set(one, `plain${plain.size}`).get(one)!;
        const expected = marked.lexer(
          renderPreview(previewOfAll(next(oneLine.map((one) => harmless(one === "" ? "x" : one))))),
        );
        assert.deepEqual(shapeOf(tokens), shapeOf(expected));
        const prose = proseOf(tokens);
        assert.doesNotMatch(prose, /(?<!\w)@\w|#\d|\bGH-\d/);
      }),
      { numRuns: 300 },
    );
  });

  it("may have any number of lines", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const html = marked.lexer(renderPreview(previewOfAll(() => text))).filter(({ type }) => type === "html");
        assert.deepEqual(
          html.map(({ raw }) => raw.trim()),
          ["<!-- redis-on-docker: preview of dev -->", "<details>\n<summary>All 40 changes</summary>", "</details>"],
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("a preview of any size", () => {
  const many = (count: number, length: number): Preview => {
    const name = (at: number) => `${"n".repeat(length)}${at}`;
    const all = previewOfAll(() => "x");
    return {
      ...all,
      changes: Array.from({ length: count }, (_, at) => ({
        ...all.changes[at % all.changes.length]!,
        name: name(at),
        paths: [name(at), name(at + 1)],
      })),
      errors: Array.from({ length: count }, (_, at) => name(at)),
      warnings: Array.from({ length: count }, (_, at) => name(at)),
      violations: Array.from({ length: count }, (_, at) => ({ rule: "rule", mandatory: at % 2 === 0, text: name(at) })),
    };
  };

  it("fits into a comment, and says how much is left out, and how to see it", () => {
    for (const [count, length] of [
      [100, 10],
      [1000, 50],
      [1000, 5000],
      [5000, 100],
    ] as const) {
      const comment = renderPreview(many(count, length));
      assert.ok(comment.length < COMMENT_LIMIT, `${comment.length} characters`);
      assert.ok(comment.length > COMMENT_LIMIT / 100, `only ${comment.length} characters`);
      if (count > 100) {
        assert.match(
          comment,
          /\d+ more changes are left out, since a comment has no room for them; to see all: `npm run preview -- dev --diff`/,
        );
      }
      assert.equal(comment.match(/<details>/g)?.length, comment.match(/<\/details>/g)?.length);
    }
  });

  it("whatever its texts are", () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.constantFrom("|", "#1", "@a", "\\", "&", "\n- a", "<", "\u202e", "😀"),
        fc.nat(2000),
        (count, piece, times) => {
          const all = previewOfAll(() => piece.repeat(times));
          const changes = Array.from({ length: count }, (_, at) => ({
            ...all.changes[at % all.changes.length]!,
            name: piece.repeat(times),
          }));
          assert.ok(renderPreview({ ...all, changes }).length < COMMENT_LIMIT);
        },
      ),
      { numRuns: 10 },
    );
  });
});
