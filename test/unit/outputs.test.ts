import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import type { UserPasswords } from "../../config/users";
import { accessOf } from "../../outputs/access";
import { buildContract, contractFacts, withMaster } from "../../outputs/buildContract";
import { parseContract } from "../../outputs/contract";
import { stackOutputs } from "../../outputs/stackOutputs";
import { passwordsOfAll } from "./users.support";

const reports = { name: "reports", keys: ["report:*"], commands: ["@read"] };
const PASSWORDS: UserPasswords = {
  ...passwordsOfAll,
  app: ["app-now-0123456789", "app-before-0123456789"],
  reports: ["generated-0123456789-reports"],
};
const planOf = (overrides: DeploymentOverrides) =>
  planDeployment(parseDeployment({ users: [reports], ...overrides }), "unix:///unused");
const contractOf = (overrides: DeploymentOverrides = {}) => buildContract(planOf(overrides), { passwords: PASSWORDS });

describe("the outputs of a deployment", () => {
  it("have each user's newest password, and none that is accepted beside it", () => {
    const contract = contractOf();
    assert.deepEqual(contract.users, {
      ...Object.fromEntries(Object.entries(passwordsOfAll).map(([user, [password]]) => [user, password])),
      app: "app-now-0123456789",
      reports: "generated-0123456789-reports",
    });
    assert.ok(!JSON.stringify(contract).includes("app-before"));
    assert.deepEqual(parseContract(JSON.parse(JSON.stringify(contract))), contract);
  });

  it("connect clients as app, on the Sentinels too", () => {
    const { username, password, sentinelUsername, sentinelPassword } = contractOf().connection;
    assert.deepEqual([username, password], ["app", "app-now-0123456789"]);
    assert.deepEqual([sentinelUsername, sentinelPassword], ["app", "app-now-0123456789"]);
    for (const secret of Object.entries(contractOf().users)) {
      assert.ok(secret[0] === "app" || !JSON.stringify(contractOf().connection).includes(secret[1]), secret[0]);
    }
  });

  it("connect clients as app without Sentinels, also once another node is the master", () => {
    const contract = contractOf({ topology: "replication" });
    const app = { username: "app", password: "app-now-0123456789", connectTimeout: 500 };
    assert.deepEqual(contract.connection, { host: "127.0.0.1", port: 6380, ...app });
    assert.deepEqual(withMaster(contract, { host: "127.0.0.1", port: 6382 }).connection, {
      host: "127.0.0.1",
      port: 6382,
      ...app,
    });
  });

  it("give the way in for each user, and say which there are for another name", () => {
    assert.deepEqual(accessOf(contractOf(), "reports"), {
      username: "reports",
      password: "generated-0123456789-reports",
    });
    for (const name of ["report", "default", "", "constructor", "toString", "__proto__"]) {
      assert.throws(() => accessOf(contractOf(), name), {
        message: `redis has no user ${name}; there are admin, app, monitor, replication, sentinel, reports`,
      });
    }
  });

  it("as far as they are known ahead, hold no secret", () => {
    const facts = JSON.stringify(contractFacts(planOf({ password: "of-mine-0123456789" })));
    assert.doesNotMatch(facts, /of-mine|0123456789/);
    assert.doesNotMatch(facts, /"(users|connection|password)"/);
  });
});

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });

describe("the reader of outputs", () => {
  it("says how to read what is masked", () => {
    const masked = { ...contractOf(), users: "[secret]", connection: "[secret]" };
    assert.throws(() => parseContract(masked), {
      name: "ContractError",
      message: "The stack's secret outputs are masked; read them with --show-secrets.",
    });
  });

  it("says what does not fit, whichever deployment is asked for", () => {
    const masked = /^The stack's secret outputs are masked; read them with --show-secrets\.$/;
    const other = /^The stack's outputs have contract version 1, this reader knows 2; bring the older/;
    const none = /^The stack has no output `contractVersion`, so it is not a stack of this project\.$/;
    for (const [outputs, sentence] of [
      [{ contractVersion: 1, masterName: "m" }, other],
      [{ foo: 1 }, none],
      [{ ...contractOf(), users: "[secret]", connection: "[secret]", deployments: "[secret]" }, masked],
      [{ ...contractOf(), deployments: "[secret]" }, masked],
      [{ ...contractOf(), deployments: { cache: { contractVersion: 1 } } }, other],
      [{ ...contractOf(), deployments: { cache: {} } }, none],
      [{ ...contractOf(), deployments: { cache: null } }, /^The stack's outputs do not fit .*deployments\.cache: /],
      [{ ...contractOf(), deployments: { redis: contractOf() } }, /no deployment "cache"; there are redis\.$/],
      [contractOf(), /no deployment "cache"; there are redis\.$/],
      [{}, /^The stack has no outputs; deploy it first/],
    ] as const) {
      assert.throws(() => parseContract(outputs, "cache"), { name: "ContractError", message: sentence });
    }
  });

  it("says which deployments there are for another name", () => {
    const outputs = { ...contractOf(), deployments: { redis: contractOf(), cache: contractOf({ name: "cache" }) } };
    assert.equal(parseContract(outputs, "cache").deployment, "cache");
    for (const [name, hint] of [
      ["cach", "did you mean cache?"],
      ["constructor", "there are redis, cache."],
    ] as const) {
      assert.throws(() => parseContract(outputs, name), {
        message: `The stack has no deployment "${name}"; ${hint}`,
      });
    }
  });
});

describe("the outputs of a stack", () => {
  const outputsOf = (...all: readonly DeploymentOverrides[]) =>
    stackOutputs(
      all.map((overrides) => ({
        facts: contractFacts(planOf(overrides)),
        encrypted: false,
        // Not marked as a secret, so that it shows whether the outputs mark it themselves.
        contract: pulumi.output(contractOf(overrides)),
      })),
    );

  it("are secret where passwords are in them, and nowhere else", async () => {
    const outputs = outputsOf({}, { name: "cache", redisPort: 6480, sentinelPort: 26479 });
    const secret = Object.entries(outputs).filter(([, value]) => pulumi.Output.isInstance(value));
    assert.deepEqual(secret.map(([name]) => name).sort(), ["connection", "deployments", "users"]);
    for (const [name, value] of secret) {
      assert.equal(await pulumi.isSecret(value as pulumi.Output<unknown>), true, name);
    }
    const plain = Object.fromEntries(Object.entries(outputs).filter(([name]) => !secret.some(([one]) => one === name)));
    assert.doesNotMatch(JSON.stringify(plain), /0123456789/);
  });

  it("are those of the first deployment, and of all by name where there are several", async () => {
    const [one, two] = [{}, { name: "cache", redisPort: 6480, sentinelPort: 26479 }];
    const outputs = outputsOf(one, two);
    assert.deepEqual(await valueOf(outputs.users as pulumi.Output<unknown>), contractOf(one).users);
    assert.deepEqual(await valueOf(outputs.connection as pulumi.Output<unknown>), contractOf(one).connection);
    assert.deepEqual(await valueOf(outputs.deployments as pulumi.Output<unknown>), {
      redis: contractOf(one),
      cache: contractOf(two),
    });
    assert.ok(!("deployments" in outputsOf(one)));
  });
});
