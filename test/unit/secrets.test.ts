import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { allMembers, planDeployment } from "../../config/plan";
import { renderSecrets, type MemberSecrets } from "../../config/render/secrets";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { aclLines, type UserPasswords } from "../../config/users";
import { passwordsOfAll } from "./users.support";

const reports = { name: "reports", keys: ["report:*"], commands: ["@read"] };
const PASSWORDS: UserPasswords = { ...passwordsOfAll, reports: ["generated-0123456789-reports"] };

const planOf = (overrides: DeploymentOverrides) =>
  planDeployment(parseDeployment({ users: [reports], ...overrides }), "unix:///unused");

/** The secrets of a data node and of a Sentinel. */
function secretsOf(
  overrides: DeploymentOverrides = {},
  passwords: UserPasswords = PASSWORDS,
): Readonly<Record<"data" | "sentinel", MemberSecrets>> {
  const plan = planOf(overrides);
  return {
    data: renderSecrets(plan, plan.nodes[1]!, { passwords }),
    sentinel: renderSecrets(plan, plan.sentinels[0]!, { passwords }),
  };
}

const kinds = ["data", "sentinel"] as const;

describe("secrets of a member", () => {
  it("are its users as their lines, and the passwords that it sends itself, the newest of each", () => {
    const passwords: UserPasswords = { ...PASSWORDS, replication: ["replication-now", "replication-before"] };
    for (const kind of kinds) {
      const { files } = secretsOf({}, passwords)[kind];
      assert.deepEqual(Object.keys(files), ["users", "passwords"]);
      const lines = aclLines(planOf({}).settings, kind, passwords);
      assert.equal(files.users, lines.map((line) => `${line}\n`).join(""));
      assert.equal(
        files.passwords,
        `admin ${passwords.admin![0]!}\nreplication replication-now\nsentinel ${passwords.sentinel![0]!}\n`,
      );
    }
  });

  it("have no password of another user in plain, nor one that is accepted for a while only", () => {
    const passwords = Object.fromEntries(
      Object.entries(PASSWORDS).map(([user, [now]]) => [user, [now!, `before-0123456789-${user}`]]),
    );
    for (const kind of kinds) {
      const { term, files } = secretsOf({ defaultUser: true }, passwords)[kind];
      const text = JSON.stringify({ term, files });
      const plain = Object.values(passwords)
        .flat()
        .filter((password) => text.includes(password));
      assert.deepEqual(plain, [passwords.admin![0], passwords.replication![0], passwords.sentinel![0]], kind);
      assert.ok(
        Object.values(passwords)
          .flat()
          .every((password) => !files.users!.includes(password)),
      );
    }
  });

  it("have a term that is the same for the same content, and tells nothing of it", () => {
    for (const kind of kinds) {
      assert.deepEqual(secretsOf()[kind], secretsOf()[kind]);
      assert.match(secretsOf()[kind].term, /^[0-9a-f]{16}$/);
      const reversed = Object.fromEntries(Object.entries(PASSWORDS).reverse());
      assert.equal(secretsOf({}, reversed)[kind].term, secretsOf()[kind].term);
    }
    const plan = planOf({});
    assert.equal(
      new Set(allMembers(plan).map((member) => renderSecrets(plan, member, { passwords: PASSWORDS }).term)).size,
      2,
    );
    for (const other of [{ maxmemoryMb: 64 }, { replicas: 5 }, { memoryLimitMb: 512 }, { rotations: ["app:1"] }]) {
      assert.equal(secretsOf(other).data.term, secretsOf().data.term, JSON.stringify(other));
    }
  });

  it("have another term for another password of any user of the member, also for one more or one less", () => {
    const variants = Object.keys(PASSWORDS).flatMap((user) => [
      { ...PASSWORDS, [user]: ["generated-0123456789-other"] },
      { ...PASSWORDS, [user]: [PASSWORDS[user]![0]!, "generated-0123456789-before"] },
      { ...PASSWORDS, [user]: ["generated-0123456789-before", PASSWORDS[user]![0]!] },
    ]);
    for (const kind of kinds) {
      const terms = [PASSWORDS, ...variants].map((passwords) => secretsOf({}, passwords)[kind].term);
      // A Sentinel has no user `replication`; one more password of it, that it does not send, is nothing to it.
      assert.equal(new Set(terms).size, kind === "data" ? terms.length : terms.length - 1);
    }
  });

  it("have another term for other rights, where the member has them", () => {
    const changes: readonly (readonly [DeploymentOverrides, readonly (typeof kinds)[number][]])[] = [
      [{ appKeys: ["cart:*"] }, ["data"]],
      [{ users: [] }, ["data", "sentinel"]],
      [{ users: [{ ...reports, name: "billing" }] }, ["data", "sentinel"]],
      [{ users: [{ ...reports, keys: ["report:*", "cart:*"] }] }, ["data"]],
      [{ users: [{ ...reports, commands: ["@read", "@write"] }] }, ["data"]],
      [{ defaultUser: true }, ["data", "sentinel"]],
    ];
    const passwords = { ...PASSWORDS, billing: PASSWORDS.reports! };
    for (const kind of kinds) {
      const term = (overrides: DeploymentOverrides) => secretsOf(overrides, passwords)[kind].term;
      for (const [change, at] of changes) {
        assert.equal(term(change) !== term({}), at.includes(kind), `${kind} ${JSON.stringify(change)}`);
      }
      const ofKind = changes.filter(([, at]) => at.includes(kind));
      assert.equal(new Set(ofKind.map(([change]) => term(change))).size, ofKind.length);
    }
  });
});
