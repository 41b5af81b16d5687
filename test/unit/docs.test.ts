import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "mocha";
import { parse } from "yaml";
import { DEPLOYMENTS_KEY, settingNames } from "../../config/schema";
import { parseStackSettings } from "../../config/settings";
import { betweenMarkers, generators } from "../../tools/generate";
import { MOST_USED, settingRows } from "../../tools/settingsTable";

const root = join(__dirname, "..", "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter((name) =>
  name.endsWith(".md"),
);
const packageJson = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };

/** What a pattern's first group matches in a text. */
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found!);

/** The anchor that a heading gets: lower case, without punctuation, with hyphens for blanks. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");

describe("what is generated", function () {
  // The decision at boot is asked for some ten thousand cases.
  this.timeout(30_000);

  for (const [name, generate] of generators) {
    it(`${name} is up to date (npm run generate)`, () => {
      const current = read(name);
      assert.equal(generate(current), current);
    });
  }

  it("replaces what stands between the markers, and only that", () => {
    const [begin, end] = all(read("README.md"), /^(<!-- generated.*-->)$/gm);
    const text = `before\n${begin!}\nold\n${end!}\nafter`;
    assert.equal(betweenMarkers(text, "new"), `before\n${begin!}\n\nnew\n\n${end!}\nafter`);
    assert.throws(() => betweenMarkers("no markers", "new"), /marker .* is missing/);
  });

  it("docs/settings.md has a row for every setting, README.md one for each of the most used", () => {
    const names = (page: string) => all(read(page), /^\| `(\w+)` +\| /gm);
    assert.deepEqual(new Set(names(join("docs", "settings.md"))), new Set([...settingNames, DEPLOYMENTS_KEY]));
    const inReadme = names("README.md");
    assert.deepEqual(
      MOST_USED.filter((name) => !inReadme.includes(name)),
      [],
    );
  });

  it("every setting has a description, and says what is allowed", () => {
    for (const { name, description, allowed } of settingRows()) {
      assert.match(description, /\.$/, name);
      assert.notEqual(allowed, "", name);
    }
  });
});

describe("the documentation", () => {
  for (const page of pages) {
    it(`${page}: every npm script that it names exists`, () => {
      const named = all(read(page), /npm run (?:-s |--silent )*([a-z][\w:-]*)/g);
      assert.deepEqual(
        named.filter((name) => !Object.hasOwn(packageJson.scripts, name)),
        [],
      );
    });

    it(`${page}: every setting that it sets exists`, () => {
      const text = read(page);
      const named = [
        ...all(text, /redis-on-docker:(?!index:)(\w+):/g),
        // An example's own settings are not this project's.
        ...all(text.replace(/^.* -C examples\/.*$/gm, ""), /config (?:set|rm|get) (?:--\w+ )*'?(\w+)/g),
        ...all(text, /`(\w+): [\w"'][\w"'.-]*`/g),
      ];
      const known: readonly string[] = [...settingNames, DEPLOYMENTS_KEY];
      assert.deepEqual(
        named.filter((name) => !known.includes(name)),
        [],
      );
    });

    it(`${page}: every link of its own leads somewhere`, () => {
      const links = all(read(page), /\]\(([^)\s]+)\)/g).filter((link) => !/^https?:/.test(link));
      for (const link of links) {
        const [file, anchor] = link.split("#") as [string, string?];
        const target = file === "" ? page : join(dirname(page), file);
        assert.ok(existsSync(join(root, target)), `${link} leads nowhere`);
        if (anchor !== undefined) {
          const anchors = all(read(target), /^#+ (.*)$/gm).map(anchorOf);
          assert.ok(anchors.includes(anchor), `${link}: ${target} has no such heading`);
        }
      }
    });

    it(`${page}: speaks of the project alone`, () => {
      const foreign = [
        /\bissues? #?\d/i,
        /(?<![\w.:/-])\/(work|root|tmp\/[a-z])/,
        /registry\.npmjs|proxy\.golang/,
        /docstry/,
        // What a merge left behind.
        /^\s*(<{7}|>{7}) /m,
      ];
      const text = read(page);
      assert.deepEqual(foreign.filter((pattern) => pattern.test(text)).map(String), []);
    });
  }

  for (const index of ["README.md", join("docs", "README.md")]) {
    it(`${index} lists every page, once`, () => {
      const listed = all(read(index), /^(?:- |\| )\[(?:docs\/)?([\w-]+\.md)\]/gm).sort();
      const there = pages.filter((page) => !page.endsWith("README.md")).map((page) => basename(page));
      assert.deepEqual(listed, there.sort());
    });
  }

  it("README.md names every command of the front door", () => {
    const commands = Object.entries(packageJson.scripts)
      .filter(([name, script]) => script.startsWith("node toolchain/run.mjs") && !/^(test|bench)/.test(name))
      .map(([name]) => name);
    const table = all(read("README.md"), /^\| `npm run ([\w:-]+)` +\|/gm);
    assert.deepEqual([...table].sort(), commands.sort());
  });
});

describe("the stack files", () => {
  for (const file of readdirSync(root).filter((name) => /^Pulumi\.(dev|prod)\.yaml$/.test(name))) {
    it(`${file} has valid settings, and no warning`, () => {
      const { config, ...rest } = parse(read(file)) as { config: Readonly<Record<string, unknown>> };
      assert.deepEqual(Object.keys(rest), [], "something besides config, such as an encryptionsalt");
      const raw = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace(/^redis-on-docker:/, ""), value]),
      );
      assert.deepEqual(parseStackSettings(raw).warnings, []);
    });
  }
});
