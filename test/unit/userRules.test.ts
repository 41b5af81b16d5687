import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { SettingsError, type Problem } from "../../config/problems";
import { parseStackSettings } from "../../config/settings";
import { BUILT_IN_USERS } from "../../config/users";

/** The problems of a stack's settings; none when they are accepted. */
function problemsOf(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  try {
    parseStackSettings(raw);
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, `not a SettingsError: ${String(error)}`);
    return error.problems;
  }
}

const user = (name: string) => ({ name, keys: ["x:*"], commands: ["@read"] });
const PASSWORD = "of-mine-0123456789";
const taken = [...BUILT_IN_USERS, "default"];

describe("rules of users", () => {
  for (const name of taken) {
    it(`${name} is no name for an own user`, () => {
      assert.deepEqual(problemsOf({ users: [user("reports"), user(name)] }), [
        {
          path: "users[1].name",
          reason: `is ${name}, which is taken; allowed: any other name than admin, app, monitor, replication, sentinel, default, tls-authority; fix: pulumi config set --path 'users[1].name' NAME`,
        },
      ]);
    });
  }

  it("a name is there once; each further one is a problem of its own", () => {
    const reason = (index: number) =>
      `is reports, as users[0]'s; allowed: a different name for each user; fix: pulumi config set --path 'users[${index}].name' NAME`;
    assert.deepEqual(problemsOf({ users: [user("reports"), user("x"), user("reports"), user("reports")] }), [
      { path: "users[2].name", reason: reason(2) },
      { path: "users[3].name", reason: reason(3) },
    ]);
  });

  it("a rotation names a user that there is; else the nearest one, or all, are named", () => {
    const fix = "pulumi config rm --path 'rotations[1]'";
    assert.deepEqual(problemsOf({ users: [user("reports")], rotations: ["app:1", "report:2+previous"] }), [
      {
        path: "rotations[1]",
        reason: `names the user report, which there is not; did you mean reports? Fix: ${fix}`,
      },
    ]);
    assert.deepEqual(problemsOf({ users: [user("reports")], rotations: ["app:1", "billing-of-2026:1"] }), [
      {
        path: "rotations[1]",
        reason: `names the user billing-of-2026, which there is not; allowed: admin, app, monitor, replication, sentinel, reports; fix: ${fix}`,
      },
    ]);
    assert.equal(problemsOf({ rotations: ["default:1"] }).length, 1);
    assert.deepEqual(
      problemsOf({ users: [user("reports")], rotations: [...BUILT_IN_USERS, "reports"].map((name) => `${name}:1`) }),
      [],
    );
  });

  it("a user is rotated once", () => {
    assert.deepEqual(problemsOf({ rotations: ["admin:1", "app:1", "admin:1+previous"] }), [
      {
        path: "rotations[2]",
        reason:
          "names the user admin a second time; allowed: once for each user; fix: pulumi config rm --path 'rotations[2]'",
      },
    ]);
  });

  it("the password of app is generated and rotated, or given, but not both", () => {
    const rotations = ["monitor:1", "app:2+previous"];
    assert.deepEqual(problemsOf({ password: PASSWORD, rotations }), [
      {
        path: "rotations[1]",
        reason:
          "rotates a generated password, but app's is the one in the setting password; allowed: a new password, with the old one as previousPassword; fix: pulumi config rm --path 'rotations[1]'",
      },
    ]);
    assert.deepEqual(problemsOf({ password: PASSWORD, rotations: ["monitor:1"] }), []);
  });

  it("previousPassword is accepted beside password only", () => {
    assert.deepEqual(problemsOf({ previousPassword: PASSWORD }), [
      {
        path: "previousPassword",
        reason:
          "is set without password, beside which it would be accepted; allowed: both, or neither; fix: pulumi config rm previousPassword",
      },
    ]);
    assert.deepEqual(problemsOf({ password: PASSWORD, previousPassword: `${PASSWORD}-before` }), []);
  });

  it("each problem is a sentence that says what is wrong and how to fix it, and shows no password", () => {
    const problems = problemsOf({
      previousPassword: PASSWORD,
      users: [user("app"), user("reports"), user("reports")],
      rotations: ["ap:1", "nobody-near-any:1", "admin:1", "admin:1"],
    });
    assert.equal(problems.length, 6);
    for (const { path, reason } of problems) {
      assert.match(
        reason,
        /^(is|names|rotates) .+(; allowed: .+; fix|; did you mean \w+\? Fix): pulumi config (set|rm) /,
      );
      assert.doesNotMatch(reason, /\n|\?;|undefined/);
      assert.ok(!`${path}${reason}`.includes(PASSWORD));
    }
  });

  it("in a stack with several deployments, the path says in which one", () => {
    const other = { redisPort: 6480, sentinelPort: 26479 };
    const deployments = { one: { users: [user("reports")] }, two: other };
    const problems = problemsOf({ rotations: ["reports:1"], deployments });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["deployments.two.rotations[0]"],
    );
    assert.match(
      problems[0]!.reason,
      /pulumi config rm --path 'rotations\[0\]', or give this deployment a list of its own$/,
    );
  });

  const allowed = "a command that all servers know and that endangers neither the roles nor all data";

  it("a command that is given is one that every server knows; else the nearest one is named", () => {
    assert.deepEqual(problemsOf({ appCommands: ["flushdb", "flushdbs", "hgetex"] }), [
      {
        path: "appCommands[2]",
        reason: `got "hgetex", which is no command that every server from Redis 7.0 on knows; did you mean getex?; allowed: ${allowed}; fix: pulumi config set --path 'appCommands[2]' 'getex'`,
      },
      {
        path: "appCommands[1]",
        reason: `got "flushdbs", which is no command that every server from Redis 7.0 on knows; did you mean flushdb?; allowed: ${allowed}; fix: pulumi config set --path 'appCommands[1]' 'flushdb'`,
      },
    ]);
  });

  it("several items to remove are named from the last one on: removing one moves none of the others", () => {
    const paths = problemsOf({ appCommands: ["debug", "flushdb", "shutdown"], rotations: ["none:1", "nobody:1"] });
    assert.deepEqual(
      paths.map(({ path }) => path),
      ["appCommands[2]", "appCommands[0]", "rotations[1]", "rotations[0]"],
    );
  });

  it("no application is given what breaks the deployment or shows all data; a whole command goes by its parts", () => {
    const reasons = (command: string) =>
      problemsOf({ users: [{ ...user("jobs"), commands: ["@read", command] }] }).map(({ path, reason }) => {
        assert.equal(path, "users[0].commands[1]");
        assert.match(reason, /; fix: pulumi config rm --path 'users\[0\]\.commands\[1\]'$/);
        return reason.slice(0, reason.indexOf("; allowed: a command"));
      });
    assert.deepEqual(reasons("config|get"), [
      'got "config|get", which is given to no application: it shows the password with which replicas copy all data',
    ]);
    assert.deepEqual(reasons("CLIENT"), [
      'got "client", which has client|pause in it, which is given to no application: a hand-over holds writes with it; let go in the middle of one, they would be lost; allowed of it: client|caching, client|getname, client|getredir, client|help, client|id, client|info, client|kill, client|list, client|no-evict, client|reply, client|setname, client|tracking, client|trackinginfo, client|unblock',
    ]);
    const refused =
      "acl acl|setuser client|unpause cluster cluster|failover config config|rewrite config|set debug failover module module|load monitor psync replconf replicaof shutdown slaveof sync".split(
        " ",
      );
    assert.deepEqual(
      refused.filter((command) => reasons(command).length !== 1),
      [],
    );
  });

  it("what endangers others is a warning that says how, and names who may; what does not is none", () => {
    const { warnings } = parseStackSettings({
      name: "shop",
      appCommands: ["+FLUSHDB", "keys", "client|list", "get", "flushdb", "slowlog"],
      users: [{ ...user("jobs"), commands: ["@read", "keys", "lastsave"] }],
    });
    const whatever = "whatever keys the user may use";
    assert.deepEqual(warnings, [
      `shop: app may use flushdb: it deletes all keys of a database, ${whatever}.`,
      `shop: app, jobs may use keys: the server does nothing else while it looks at every key, and it names all keys, ${whatever}.`,
      `shop: app may use slowlog: it shows commands and values of others, ${whatever}.`,
    ]);
  });
});
