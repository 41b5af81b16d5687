import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { aclLines, BUILT_IN_USERS, userNames, type UserPasswords } from "../../config/users";
import { passwordsOfAll } from "./users.support";

const reports = { name: "reports", keys: ["report:*", "cart:*"], commands: ["@read", "@write"] };
const PASSWORDS: UserPasswords = { ...passwordsOfAll, reports: ["generated-0123456789-reports"] };

/** As Redis keeps a password. */
const hash = (password: string): string => `#${createHash("sha256").update(password).digest("hex")}`;

const linesOf = (
  overrides: DeploymentOverrides = {},
  kind: "data" | "sentinel" = "data",
  passwords: UserPasswords = PASSWORDS,
): readonly string[] => aclLines(parseDeployment(overrides), kind, passwords);

const nameOf = (line: string): string => line.split(" ", 1)[0]!;

/** The words of a user's line. */
function wordsOf(name: string, lines: readonly string[]): readonly string[] {
  const found = lines.filter((line) => nameOf(line) === name);
  assert.equal(found.length, 1, `${found.length} lines of ${name}`);
  return found[0]!.split(" ");
}

/** The rights in a user's line, after its name, `reset on` and its password. */
const rightsOf = (name: string, lines: readonly string[]): readonly string[] => wordsOf(name, lines).slice(4);

const HARMFUL = ["-@admin", "-@dangerous"];
const ASK_SENTINEL =
  "&* +@connection +@pubsub -@admin -@dangerous -publish +info +role +sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters +sentinel|replicas +sentinel|slaves +sentinel|sentinels";

/** Written down once more, on purpose: whoever changes a right has to change it here too. */
const expected: Readonly<Record<"data" | "sentinel", Readonly<Record<string, string>>>> = {
  data: {
    admin: "~* &* +@all",
    app: "~* &* +@all -@admin -@dangerous +info +role +sort +sort_ro",
    monitor:
      "+ping +dbsize +lastsave +time +info +role +slowlog|get +slowlog|len +latency|latest +latency|history +latency|histogram +memory|stats +memory|doctor +client|list +client|info +client|id +client|setname",
    replication: "+ping +psync +sync +replconf",
    sentinel:
      "&__sentinel__:hello +ping +info +role +publish +subscribe +multi +exec +slaveof +replicaof +config|rewrite +client|setname +client|kill +script|kill",
    reports: "~report:* ~cart:* &report:* &cart:* +@connection +@read +@write -@admin -@dangerous +info +role",
  },
  sentinel: {
    admin: "~* &* +@all",
    app: ASK_SENTINEL,
    monitor:
      "+ping +client|setname +info +role +sentinel|masters +sentinel|master +sentinel|replicas +sentinel|slaves +sentinel|sentinels +sentinel|get-master-addr-by-name +sentinel|ckquorum +sentinel|myid",
    sentinel: "&__sentinel__:hello +ping +publish +client|setname +sentinel|is-master-down-by-addr",
    reports: ASK_SENTINEL,
  },
};

/** Whatever the schema takes for a pattern. */
const pattern = fc.stringMatching(/^[A-Za-z0-9_.:*?{}[\]^!@#/+=,|-]{1,200}$/);
/** Whatever the schema takes for a name; those of the users that every deployment has are taken. */
const ownName = fc
  .oneof(fc.stringMatching(/^[a-z][a-z0-9_-]{0,29}$/), fc.constantFrom("constructor", "x", "app-2", "reset", "on"))
  .filter((name) => ![...BUILT_IN_USERS, "default"].includes(name));
/** As they are generated, or given for `app`. */
const password = fc.oneof(fc.stringMatching(/^[A-Za-z0-9]{32}$/), fc.stringMatching(/^[A-Za-z0-9_.~+=/@%:-]{16,128}$/));

describe("users", () => {
  for (const kind of ["data", "sentinel"] as const) {
    for (const [name, rights] of Object.entries(expected[kind])) {
      it(`${name} has exactly these rights on a ${kind === "data" ? "data node" : "Sentinel"}`, () => {
        const words = wordsOf(name, linesOf({ users: [reports] }, kind));
        assert.deepEqual(words, [name, "reset", "on", hash(PASSWORDS[name]![0]!), ...rights.split(" ")]);
      });
    }
  }

  it("come in the order of their names' list, and default last; replication is none on a Sentinel", () => {
    const settings = { users: [{ ...reports, name: "zeta" }, reports] };
    const passwords = { ...PASSWORDS, zeta: ["generated-0123456789-zeta"] };
    const own = ["zeta", "reports"];
    assert.deepEqual(userNames(parseDeployment(settings)), [...BUILT_IN_USERS, ...own]);
    assert.deepEqual(linesOf(settings, "data", passwords).map(nameOf), [...BUILT_IN_USERS, ...own, "default"]);
    assert.deepEqual(linesOf(settings, "sentinel", passwords).map(nameOf), [
      ...BUILT_IN_USERS.filter((name) => name !== "replication"),
      ...own,
      "default",
    ]);
  });

  it("are the same lines each time, whatever the order of the passwords by name", () => {
    const reversed = Object.fromEntries(Object.entries(PASSWORDS).reverse());
    for (const kind of ["data", "sentinel"] as const) {
      assert.deepEqual(linesOf({ users: [reports] }, kind, reversed), linesOf({ users: [reports] }, kind));
    }
  });

  it("have their passwords as hashes only, all that are accepted, the newest first", () => {
    const passwords = { ...PASSWORDS, app: ["app-now-0123456789", "app-before-0123456789"] };
    for (const kind of ["data", "sentinel"] as const) {
      const lines = linesOf({ users: [reports], defaultUser: true }, kind, passwords);
      for (const each of Object.values(passwords).flat()) {
        assert.ok(!lines.join("\n").includes(each), `${each} stands in\n${lines.join("\n")}`);
      }
      for (const name of ["app", "default"]) {
        const hashes = wordsOf(name, lines).filter((word) => word.startsWith("#"));
        assert.deepEqual(hashes, passwords.app.map(hash), name);
      }
      assert.ok(
        lines.every((line) => !/ (nopass|>|<)/.test(line)),
        lines.join("\n"),
      );
    }
  });

  it("default is off: without rights on a Sentinel, with all of them on a data node, which loads its file with it", () => {
    assert.equal(linesOf({}, "sentinel").at(-1), "default reset off");
    assert.equal(linesOf({}, "data").at(-1), "default reset off ~* &* +@all");
    // The node's own program starts the server with the same line, whatever users it was brought.
    const program = readFileSync(join(__dirname, "..", "..", "node", "lib-loader.sh"), "utf8");
    assert.ok(program.includes(`LOADER='${linesOf({}, "data").at(-1)}'`), program);
  });

  it("default has all that app has and its passwords with the setting defaultUser", () => {
    for (const kind of ["data", "sentinel"] as const) {
      const lines = linesOf({ appKeys: ["cart:*"], defaultUser: true }, kind);
      assert.deepEqual(wordsOf("default", lines).slice(1), wordsOf("app", lines).slice(1));
    }
  });

  it("app has the keys of the setting appKeys, or none, and every channel", () => {
    assert.deepEqual(rightsOf("app", linesOf({ appKeys: ["cart:*", "stock:*"] })).slice(0, 3), [
      "~cart:*",
      "~stock:*",
      "&*",
    ]);
    assert.ok(!linesOf({ appKeys: [] }).some((line) => line.startsWith("app ") && line.includes(" ~")));
  });

  it("own ones lose what is dangerous after they were given their categories, whichever those are", () => {
    for (const commands of [[], ["@read"], ["@write", "@keyspace", "@slow", "@scripting"]]) {
      const rights = rightsOf("reports", linesOf({ users: [{ ...reports, commands }] }));
      const taken = rights.indexOf("-@admin");
      assert.deepEqual(rights.slice(taken, taken + 2), HARMFUL);
      const given = rights.flatMap((word, at) => (word.startsWith("+@") ? [at] : []));
      assert.ok(Math.max(...given) < taken, rights.join(" "));
      assert.deepEqual(
        given.map((at) => rights[at]),
        ["+@connection", ...commands.map((category) => `+${category}`)],
      );
      assert.deepEqual(rights.slice(taken + 2), ["+info", "+role"]);
    }
  });

  it("get their single commands last, after what is dangerous was taken away, on data nodes only", () => {
    const settings = {
      appCommands: ["flushdb", "client|list"],
      users: [{ ...reports, commands: ["keys", "@read", "get"] }],
      defaultUser: true,
    };
    const lines = linesOf(settings);
    assert.deepEqual(rightsOf("app", lines).slice(-8), [
      ...HARMFUL,
      ...["+info", "+role", "+sort", "+sort_ro", "+flushdb", "+client|list"],
    ]);
    assert.deepEqual(rightsOf("default", lines), rightsOf("app", lines));
    assert.deepEqual(rightsOf("reports", lines).slice(4), [
      ...["+@connection", "+@read", ...HARMFUL, "+info", "+role", "+keys", "+get"],
    ]);
    assert.deepEqual(
      linesOf(settings, "sentinel").slice(0, -1),
      linesOf({ users: [reports] }, "sentinel").slice(0, -1),
    );
  });

  it("only admin may do everything, and nobody else what is dangerous", () => {
    for (const kind of ["data", "sentinel"] as const) {
      for (const line of linesOf({ users: [reports], defaultUser: true }, kind)) {
        const words = line.split(" ");
        const all = words.indexOf("+@all");
        assert.ok(nameOf(line) === "admin" || all === -1 || words.indexOf("-@dangerous") > all, line);
        assert.ok(!/\+@(admin|dangerous)|allcommands/.test(line), line);
      }
    }
  });

  it("are one line each, of exactly their words, for any password, name and pattern", () => {
    const passwordList = fc.array(password, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        ownName,
        fc.array(pattern, { maxLength: 4 }),
        fc.array(pattern, { maxLength: 4 }),
        fc.subarray(["@read", "@write", "@pubsub", "@scripting", "@transaction"]),
        fc.tuple(...BUILT_IN_USERS.map(() => passwordList)),
        passwordList,
        fc.boolean(),
        (name, keys, appKeys, commands, builtIn, own, defaultUser) => {
          const settings = parseDeployment({ appKeys, defaultUser, users: [{ name, keys, commands }] });
          const passwords = Object.fromEntries([
            ...BUILT_IN_USERS.map((user, at) => [user, builtIn[at]!] as const),
            [name, own] as const,
          ]);
          const app = [
            ...appKeys.map((key) => `~${key}`),
            ...["&*", "+@all", ...HARMFUL, "+info", "+role", "+sort", "+sort_ro"],
          ];
          const rightsOfOwn = [
            ...keys.map((key) => `~${key}`),
            ...keys.map((key) => `&${key}`),
            ...["+@connection", ...commands.map((category) => `+${category}`), ...HARMFUL, "+info", "+role"],
          ];
          const lines = aclLines(settings, "data", passwords);
          const line = (user: string, accepted: readonly string[], rights: readonly string[]) => [
            ...[user, "reset", "on", ...accepted.map(hash), ...rights],
          ];
          assert.deepEqual(
            lines.map((each) => each.split(" ")),
            [
              ...BUILT_IN_USERS.map((user) =>
                line(user, passwords[user]!, user === "app" ? app : expected.data[user]!.split(" ")),
              ),
              line(name, own, rightsOfOwn),
              defaultUser ? line("default", passwords.app!, app) : ["default", "reset", "off", "~*", "&*", "+@all"],
            ],
          );
          for (const each of [...lines, ...aclLines(settings, "sentinel", passwords)]) {
            assert.match(each, /^[\x21-\x7e]+( [\x21-\x7e]+)*$/);
            assert.doesNotMatch(each, /["'\\]/);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
