import assert from "node:assert/strict";
import * as policyProxy from "@pulumi/policy/proxy";
import { describe, it } from "mocha";
import { known, UNKNOWN } from "../../policy/known";
import { isProduction, isSecretName, stackFacts } from "../../policy/stackFacts";

/** The SDK's own, so that a test tells when another version of it hides values in another way; not in its types. */
const { unknownCheckingProxy, unknownStringValue } = policyProxy as unknown as {
  readonly unknownCheckingProxy: (props: object) => object;
  readonly unknownStringValue: string;
};

describe("policy: facts of a stack", () => {
  it("production is a word of the stack's name", () => {
    assert.deepEqual(["prod", "Production", "prod-eu", "shop_prod"].map(isProduction), [true, true, true, true]);
    assert.deepEqual(["dev", "preprod", "product", "reprod", ""].map(isProduction), [
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("come from the names that engines use, whichever way they start the pack", () => {
    const config = JSON.stringify({ "own:bindAddress": "10.0.0.5", "other:bindAddress": "10.0.0.6" });
    for (const prefix of ["PULUMI_NODEJS", "PULUMI"]) {
      const env = { [`${prefix}_STACK`]: "prod", [`${prefix}_PROJECT`]: "own", PULUMI_CONFIG: config };
      const { production, addresses, hostNetwork } = stackFacts(env);
      assert.deepEqual([production, [...addresses], hostNetwork], [true, ["10.0.0.5"], false]);
    }
  });

  it("are those of no stack where there is none, or where its settings cannot be read", () => {
    for (const env of [{}, { PULUMI_CONFIG: "{" }, { PULUMI_CONFIG: "[1]" }, { PULUMI_CONFIG: "null" }]) {
      const { production, addresses, hostNetwork, secrets } = stackFacts(env);
      assert.deepEqual([production, [...addresses], hostNetwork, secrets], [false, [], false, []]);
    }
  });

  it("know the names that secrets have", () => {
    const names = [
      "PASSWORD",
      "REDIS_PASSWORD",
      "redis-on-docker:password",
      "dbPassword",
      "API_KEY",
      "GITHUB_TOKEN",
      "tlsKey",
    ];
    assert.deepEqual(names.filter(isSecretName), names);
    assert.deepEqual(["KEY", "PASSWORD_FILE", "AUTHOR", "COMPASS", "KEYS", "TOKENS_MAX"].filter(isSecretName), []);
  });

  it("have the values of settings with such names, unless they are too short to tell", () => {
    const config = { "own:password": "long-enough", "own:token": "short", "own:name": "long-enough-too" };
    assert.deepEqual(stackFacts({ PULUMI_CONFIG: JSON.stringify(config) }).secrets, ["long-enough"]);
  });

  it("have those of each deployment, too, whichever way its settings arrive, and each value once", () => {
    const deployments = {
      a: { password: "password-of-a", redisPort: 6380 },
      b: { password: "long-enough", name: "other-name" },
    };
    for (const given of [deployments, JSON.stringify(deployments)]) {
      const config = { "own:password": "long-enough", "own:deployments": given };
      const env = { PULUMI_PROJECT: "own", PULUMI_CONFIG: JSON.stringify(config) };
      assert.deepEqual(stackFacts(env).secrets, ["long-enough", "password-of-a"]);
    }
  });
});

describe("policy: properties of a resource", () => {
  it("are copied as they are, with a mark where the SDK would throw", () => {
    const props = {
      image: unknownStringValue,
      ports: [{ ip: unknownStringValue, internal: 1 }, unknownStringValue],
      user: "999:999",
      none: null,
    };
    assert.deepEqual(known(unknownCheckingProxy(props)), {
      image: UNKNOWN,
      ports: [{ ip: UNKNOWN, internal: 1 }, UNKNOWN],
      user: "999:999",
      none: null,
    });
  });
});
