import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";

/** A client program that says yes to everything up to DUMB_FROM, and writes down what it was told. */
const CLIENT = `#!/bin/sh
while read -r line; do
    [ "$line" != "\${DUMB_FROM-}" ] || exit 0
    printf '%s\\n' "$line" >>"$TOLD"
    case $line in
    'ACL USERS') printf 'admin\\nleft-over\\n' ;;
    *) echo OK ;;
    esac
done
`;

describe("secrets that a member was brought, by their terms", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "redis-on-docker-terms-"));
    cpSync(join(__dirname, "../../node"), home, { recursive: true });
    for (const folder of ["bin", "data", "secrets"]) mkdirSync(join(home, folder));
    writeFileSync(join(home, "bin/redis-cli"), CLIENT, { mode: 0o755 });
    writeFileSync(join(home, "bin/redis-server"), "", { mode: 0o755 });
    const env = ["KIND=data", "ADDRESS=10.0.0.1", "PORT=6379", "LISTEN_PORT=6379", `DATA_DIR=${home}/data`];
    writeFileSync(join(home, "node.env"), env.map((line) => `${line}\n`).join(""));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const place = (...names: readonly string[]) => join(home, "secrets", ...names);
  const bring = (term: string) => {
    mkdirSync(place(`new-${term}`));
    writeFileSync(place(`new-${term}`, "users"), `admin reset on #${term}\ndefault reset off\n`);
    const passwords = ["admin", "replication", "sentinel"].map((user) => `${user} ${user}-of-${term}\n`);
    writeFileSync(place(`new-${term}`, "passwords"), passwords.join(""));
  };
  const run = (step: "accept" | "use", term: string, dumbFrom = ""): string =>
    execFileSync("dash", [join(home, "secrets.sh"), step, term], {
      encoding: "utf8",
      timeout: 15_000,
      env: {
        PATH: `${home}/bin:${process.env.PATH}`,
        NODE_HOME: home,
        REDIS_NODE_GROUP: "",
        TOLD: join(home, "told"),
        DUMB_FROM: dumbFrom,
      },
    });
  const silent = { status: 1, stdout: /^(changed\n)?no answer within 5 s\n$/ };
  const told = () => readFileSync(join(home, "told"), "utf8").trim().split("\n");

  it("are accepted first, while the passwords of before are sent on, and then used", () => {
    bring("a");
    run("accept", "a");
    run("use", "a");
    bring("b");
    run("accept", "b");
    assert.ok(told().includes("ACL SETUSER admin reset on #b") && told().includes("ACL DELUSER left-over"));
    assert.ok(!told().some((line) => line.endsWith("-of-b")), "sent before it is used");
    assert.equal(readFileSync(place("links"), "utf8"), "a\n");
    run("use", "b");
    assert.equal(told().at(-1), "CONFIG SET masterauth replication-of-b");
    assert.ok(existsSync(place("b", "accepted")) && existsSync(place("b", "used")) && !existsSync(place("a")));
  });

  it("are not marked as done by a server that stops answering in the middle", () => {
    bring("a");
    run("accept", "a");
    run("use", "a");
    bring("b");
    for (const dumbFrom of ["ACL USERS", "ACL SETUSER admin reset on #b", "ACL DELUSER left-over"]) {
      assert.throws(() => run("accept", "b", dumbFrom), silent, dumbFrom);
      assert.ok(!existsSync(place("b", "accepted")), dumbFrom);
    }
    run("accept", "b");
    assert.throws(() => run("use", "b", "CONFIG SET masterauth replication-of-b"), silent);
    assert.ok(!existsSync(place("b", "used")) && existsSync(place("a")));
    run("use", "b");
    assert.ok(existsSync(place("b", "accepted")) && existsSync(place("b", "used")) && !existsSync(place("a")));
  });

  it("of before are brought anew after others were accepted: only the term of now is marked as accepted", () => {
    bring("a");
    run("accept", "a");
    run("use", "a");
    bring("b");
    run("accept", "b");
    assert.ok(!existsSync(place("a", "accepted")), "going back to the settings of before would do nothing");
    bring("a");
    run("accept", "a");
    assert.equal(
      told()
        .filter((line) => line.startsWith("ACL SETUSER admin "))
        .at(-1),
      "ACL SETUSER admin reset on #a",
    );
    assert.ok(existsSync(place("a", "accepted")) && !existsSync(place("b", "accepted")));
    assert.equal(readFileSync(place("current"), "utf8"), "a\n");
  });
});
