import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseRotation, ROTATION, rotationOf, rotationText, TLS_AUTHORITY } from "../../config/rotations";
import { parseDeployment } from "../../config/settings";
import { BUILT_IN_USERS } from "../../config/users";
import { isRotationDeployed } from "../../ops/deployedRotations";
import { parseState } from "../../ops/exportedState";
import { rotationEdits, type ConfigEdit, type RotationWish, type StackConfig } from "../../ops/rotations";
import { UserError } from "../../config/userError";
import { contractOf } from "./checks.support";

const anyRotation = fc.record(
  {
    user: fc.stringMatching(/^[a-z][a-z0-9_-]{0,29}$/),
    generation: fc.integer({ min: 1, max: 99_999 }),
    overlap: fc.boolean(),
  },
  { noNullPrototype: true },
);

describe("the setting rotations", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(anyRotation, (rotation) => {
        const text = rotationText(rotation);
        assert.match(text, ROTATION);
        assert.deepEqual(parseRotation(text), rotation);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(ROTATION), (text) => {
        assert.equal(rotationText(parseRotation(text)), text);
      }),
    );
  });

  it("is a user's name, how often, and whether the password before is accepted", () => {
    assert.equal(rotationText({ user: "app", generation: 2, overlap: true }), "app:2+previous");
    assert.equal(rotationText({ user: "app", generation: 2, overlap: false }), "app:2");
    for (const text of ["app", "app:", "app:0", "app:01", "app:100000", "app:1+", "app:1 ", "App:1", ":1", "app:1\n"]) {
      assert.doesNotMatch(text, ROTATION, text);
    }
  });

  it("says of a user that is not in it that its password was never rotated", () => {
    const settings = parseDeployment({ rotations: ["app:2+previous", "admin:1"] });
    assert.deepEqual(rotationOf(settings, "app"), { user: "app", generation: 2, overlap: true });
    assert.deepEqual(rotationOf(settings, "admin"), { user: "admin", generation: 1, overlap: false });
    assert.deepEqual(rotationOf(settings, "monitor"), { user: "monitor", generation: 0, overlap: false });
  });
});

const users = [...BUILT_IN_USERS, "reports"];

/** The edits of a rotation of `app`, unless another user is wished. */
const edits = (config: StackConfig, wish: Partial<RotationWish> = {}): readonly ConfigEdit[] =>
  rotationEdits(config, {
    user: "app",
    users,
    deployment: "redis",
    finish: false,
    isDeployed: () => true,
    ...wish,
  });

function refusal(config: StackConfig, wish: Partial<RotationWish> = {}): string {
  try {
    edits(config, wish);
  } catch (error) {
    assert.ok(error instanceof UserError, `not a UserError: ${String(error)}`);
    return error.message;
  }
  return assert.fail("not refused");
}

/** The list `rotations` after the edits, as `pulumi config set --path` makes it. */
function after(list: readonly string[], made: readonly ConfigEdit[]): readonly string[] {
  const result = [...list];
  for (const { path, value } of made) {
    const [, index] = /^rotations\[(\d+)\]$/.exec(path) ?? assert.fail(path);
    assert.ok(Number(index) <= result.length, `a gap before ${path}`);
    result[Number(index)] = value;
  }
  return result;
}

describe("a rotation", () => {
  it("begins with the next generation, and the one before goes on", () => {
    assert.deepEqual(edits({}), [{ path: "rotations[0]", value: "app:1+previous" }]);
    assert.deepEqual(edits({ rotations: ["app:4"] }), [{ path: "rotations[0]", value: "app:5+previous" }]);
  });

  it("finishes by ending that", () => {
    const wish = { finish: true };
    assert.deepEqual(edits({ rotations: ["app:1+previous"] }, wish), [{ path: "rotations[0]", value: "app:1" }]);
  });

  it("changes the place of its user only, and comes last where that is not in the list", () => {
    const rotations = ["admin:3", "app:1", "reports:2+previous"];
    assert.deepEqual(edits({ rotations }), [{ path: "rotations[1]", value: "app:2+previous" }]);
    assert.deepEqual(edits({ rotations }, { user: "reports", finish: true }), [
      { path: "rotations[2]", value: "reports:2" },
    ]);
    assert.deepEqual(edits({ rotations }, { user: "monitor" }), [
      { path: "rotations[3]", value: "monitor:1+previous" },
    ]);
  });

  it("does not begin a second time before it is finished, since clients may still have the password before", () => {
    assert.match(
      refusal({ rotations: ["app:1+previous"] }),
      /^The last rotation of app is not finished: .*npm run rotate -- app --finish$/,
    );
  });

  it("that is not deployed yet is not finished, which would lock all clients out; beginning it again goes on with it", () => {
    const isDeployed = (generation: number) => generation === 3;
    const begun = { rotations: ["admin:1", "app:4+previous"] };
    assert.match(
      refusal(begun, { finish: true, isDeployed }),
      /^The rotation of app is not deployed yet, .*locked out; deploy it first: npm run rotate -- app$/,
    );
    assert.deepEqual(edits(begun, { isDeployed }), []);
  });

  it("does not begin on what is not deployed itself: what clients use now would be gone", () => {
    assert.match(
      refusal({ rotations: ["app:4"] }, { isDeployed: (generation) => generation === 3 }),
      /^What the stack's file says of app is not deployed yet, so no rotation begins; deploy it first: npm run up$/,
    );
  });

  it("is not finished without being under way", () => {
    for (const rotations of [undefined, [], ["app:1"], ["admin:1+previous"]]) {
      assert.match(
        refusal(rotations === undefined ? {} : { rotations }, { finish: true }),
        /^No rotation of app is under way; begin one with: npm run rotate -- app$/,
      );
    }
  });

  it("of a user that there is not is refused, with the nearest one or all", () => {
    assert.equal(refusal({}, { user: "report" }), 'There is no user "report"; did you mean reports?');
    assert.equal(
      refusal({}, { user: "billing-of-2026" }),
      'There is no user "billing-of-2026"; there are admin, app, monitor, replication, sentinel, reports',
    );
    for (const user of ["default", "constructor", "__proto__", ""]) {
      assert.match(refusal({}, { user }), /^There is no user /);
    }
  });

  it("of the authority is refused where the certificate is the operator's own, which no update would take", () => {
    const wish = { user: TLS_AUTHORITY, users: [...users, TLS_AUTHORITY] };
    const own = { tls: "true", tlsCertificate: "-----BEGIN CERTIFICATE-----" };
    const generated = { tls: true, tlsCertificate: "" };
    for (const finish of [false, true]) {
      const rotations = finish ? ["tls-authority:1+previous"] : [];
      assert.match(refusal({ ...own, rotations }, { ...wish, finish }), /^The certificate is your own, /);
      assert.match(refusal({ ...own, rotations, deployments: { redis: {} } }, { ...wish, finish }), /^The cert/);
      assert.match(refusal({ rotations, deployments: { redis: own } }, { ...wish, finish }), /^The certificate/);
      assert.equal(edits({ ...own, rotations, deployments: { redis: generated } }, { ...wish, finish }).length, 1);
      assert.equal(edits({ rotations, deployments: { redis: {}, other: own } }, { ...wish, finish }).length, 1);
    }
    assert.equal(edits(own).length, 1);
  });

  it("does not begin anew where the list cannot be read", () => {
    for (const rotations of ['["app:1"]', ["app:1", "admin"], ["app:1", 7], "", {}]) {
      assert.match(refusal({ rotations }), /^The setting rotations is no list of USER:COUNT in the stack's file/);
      assert.match(refusal({ rotations, deployments: { redis: {} } }), /^The setting rotations is no list/);
      assert.match(refusal({ deployments: { redis: { rotations } } }), /^The setting rotations is no list/);
    }
  });

  it("any number of them, begun and finished in turn, leaves a list with each user at its place, without gaps", () => {
    const step = fc.record({ user: fc.constantFrom(...users), finish: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let list: readonly string[] = [];
        const counts = new Map<string, number>();
        const underWay = new Set<string>();
        for (const { user, finish } of steps) {
          if (finish !== underWay.has(user)) {
            refusal({ rotations: list }, { user, finish });
            continue;
          }
          const made = edits({ rotations: list }, { user, finish });
          assert.equal(made.length, 1);
          const next = after(list, made);
          assert.deepEqual(
            next.filter((text) => !text.startsWith(`${user}:`)),
            list.filter((text) => !text.startsWith(`${user}:`)),
          );
          list = next;
          counts.set(user, (counts.get(user) ?? 0) + (finish ? 0 : 1));
          underWay[finish ? "delete" : "add"](user);
          const settings = parseDeployment({
            users: [{ name: "reports", keys: [], commands: [] }],
            rotations: [...list],
          });
          for (const name of users) {
            const expected = { user: name, generation: counts.get(name) ?? 0, overlap: underWay.has(name) };
            assert.deepEqual(rotationOf(settings, name), expected);
          }
        }
      }),
    );
  });
});

describe("what the outputs have of a rotation", () => {
  const secret = (text: string) => ({ "4dabf18193072939515e22adb298388d": "1b47", plaintext: JSON.stringify(text) });
  const resource = (name: string, outputs: object, more: object = {}) => ({
    urn: `urn:pulumi:dev::redis-on-docker::parent$type::${name}`,
    type: "type",
    outputs,
    ...more,
  });
  const state = parseState({
    deployment: {
      resources: [
        resource("redis-password-app", { result: secret("first") }),
        resource("redis-password-app.1", { result: secret("second") }),
        resource("redis-password-app.2", { result: secret("first") }, { delete: true }),
        resource("other-redis-password-app.3", { result: secret("first") }),
        resource("redis-tls-authority-0", { certPem: "OLD\n" }),
        resource("redis-tls-authority-1", { certPem: "NEW\n" }),
      ],
    },
  });
  const contract = { ...contractOf(2, 3), users: { app: "first" }, tls: { ca: "OLD\n" } };

  it("is the generation whose password clients get from them, not one that was made and is not in them yet", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((generation) => isRotationDeployed(state, contract, "app", generation)),
      [true, false, false, false, false],
    );
    assert.equal(isRotationDeployed(state, { ...contract, users: { app: "second" } }, "app", 1), true);
    assert.equal(isRotationDeployed(state, contract, "admin", 0), false);
  });

  it("is the authority that is among those to trust", () => {
    const both = { ...contract, tls: { ca: "NEW\nOLD\n" } };
    assert.equal(isRotationDeployed(state, contract, TLS_AUTHORITY, 0), true);
    assert.equal(isRotationDeployed(state, contract, TLS_AUTHORITY, 1), false);
    assert.equal(isRotationDeployed(state, both, TLS_AUTHORITY, 1), true);
  });
});

describe("a rotation in a stack with several deployments", () => {
  const wish = { deployment: "cache" };

  it("is written into the deployment's own list", () => {
    const config = {
      rotations: ["app:7+previous"],
      deployments: { cache: { rotations: ["admin:1", "app:2"] }, other: { rotations: ["app:9"] } },
    };
    assert.deepEqual(edits(config, wish), [{ path: "deployments.cache.rotations[1]", value: "app:3+previous" }]);
    assert.deepEqual(edits({ deployments: { cache: { rotations: [] } }, rotations: ["app:7"] }, wish), [
      { path: "deployments.cache.rotations[0]", value: "app:1+previous" },
    ]);
  });

  it("copies the common list into it, which its own replaces", () => {
    const config = { rotations: ["admin:3", "app:1", "reports:2+previous"], deployments: { other: {}, cache: {} } };
    assert.deepEqual(edits(config, wish), [
      { path: "deployments.cache.rotations[0]", value: "admin:3" },
      { path: "deployments.cache.rotations[1]", value: "app:2+previous" },
      { path: "deployments.cache.rotations[2]", value: "reports:2+previous" },
    ]);
    assert.deepEqual(
      edits(config, { ...wish, user: "monitor" }).map(({ value }) => value),
      [...config.rotations, "monitor:1+previous"],
    );
  });

  it("is refused by the deployment's own list, or by the common one where that counts", () => {
    const common = ["app:1+previous"];
    assert.match(refusal({ rotations: common, deployments: { cache: {} } }, wish), /not finished/);
    assert.match(
      refusal({ rotations: common, deployments: { cache: { rotations: ["app:1"] } } }, { ...wish, finish: true }),
      /No rotation of app is under way/,
    );
  });

  it("is written into its own place in a stack that has but one below deployments, too", () => {
    assert.deepEqual(edits({ deployments: { cache: { rotations: ["app:1"] } } }, wish), [
      { path: "deployments.cache.rotations[0]", value: "app:2+previous" },
    ]);
    for (const none of [{}, ""]) {
      assert.deepEqual(edits({ deployments: none }, wish), [{ path: "rotations[0]", value: "app:1+previous" }]);
    }
  });

  it("finds a deployment by its name, also where its key is another", () => {
    const deployments = { cache: { name: "other" }, one: { name: "cache" }, "a.b": { name: "third" } };
    assert.deepEqual(edits({ deployments }, wish), [{ path: "deployments.one.rotations[0]", value: "app:1+previous" }]);
    assert.deepEqual(edits({ deployments }, { deployment: "third" }), [
      { path: 'deployments["a.b"].rotations[0]', value: "app:1+previous" },
    ]);
  });

  it("is never written into the common list for one that the stack's file does not have", () => {
    const deployments = { one: {}, two: { name: "three" } };
    for (const deployment of ["cache", "two", "constructor"]) {
      assert.equal(
        refusal({ deployments }, { deployment }),
        `The stack's file has no deployment "${deployment}"; there are one, three`,
      );
    }
  });
});
