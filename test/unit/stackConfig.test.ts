import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, it } from "mocha";
import { settingNames } from "../../config/schema";
import { readStackSettings } from "../../config/stackConfig";
import { hostileText } from "../support/hostileText";
import { makeCertificate } from "../support/makeCertificate";

const PASSWORD = "of-mine-0123456789";

/** The configuration of a stack as it reaches a program; says the refusal, or nothing. */
function refusalOf(config: Readonly<Record<string, string>>, secret: readonly string[] = []): string | undefined {
  const project = pulumi.getProject();
  const full = Object.entries(config).map(
    ([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value] as const,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(full),
    secret.map((key) => `${project}:${key}`),
  );
  try {
    readStackSettings();
    return undefined;
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), `not a refusal: ${String(error)}`);
    assert.equal(error.stack, undefined);
    return error.message;
  } finally {
    pulumi.runtime.setAllConfig({});
  }
}

const withPassword = (name: string): string => JSON.stringify(Object.fromEntries([[name, { password: PASSWORD }]]));

describe("a stack's configuration", () => {
  it("whatever is in it, is read, or refused by lines that a terminal only prints", () => {
    const key = fc.oneof(fc.constantFrom(...settingNames, "deployments"), hostileText);
    fc.assert(
      fc.property(fc.dictionary(key, hostileText, { maxKeys: 3 }), (config) => {
        const message = refusalOf(config) ?? "";
        // The one control character is the end of a line.
        assert.doesNotMatch(message.replaceAll("\n", ""), /[\p{C}\p{Zl}\p{Zp}]/u);
        assert.doesNotMatch(message, /\n {4}at /);
      }),
      { numRuns: 200 },
    );
  });

  it("has no password in plain text, not in a deployment of several either", () => {
    assert.match(refusalOf({ password: PASSWORD })!, /fix: pulumi config set --secret password, or/);
    const inside = refusalOf({ deployments: withPassword("cache") });
    assert.match(inside!, /fix: pulumi config set --secret --path 'deployments\.cache\.password', or/);
    assert.equal(refusalOf({ deployments: withPassword("cache") }, ["deployments"]), undefined);
    assert.equal(refusalOf({ password: PASSWORD }, ["password"]), undefined);
  });

  it("has no setting in a namespace that is nearly the program's: nobody would read it", () => {
    const project = pulumi.getProject();
    const message = refusalOf({
      [`${project.slice(0, -1)}:name`]: "cache",
      "docker:host": "x",
      "other-program:name": "y",
    });
    assert.match(
      message!,
      /^1 setting is not usable; nothing was changed\.\n {2}- \S+:name: no program has this name; /,
    );
    assert.match(message!, new RegExp(`did you mean ${project}:name\\?`));
    assert.equal(refusalOf({ "docker:host": "x", "other-program:name": "y" }), undefined);
  });

  it("is refused with all that is wrong with it at once, whatever kind that is", () => {
    const project = pulumi.getProject();
    const message = refusalOf({
      password: "pass",
      replicas: "many",
      maxmemoryPolicy: "allkeys-lrv",
      [`${project.slice(0, -1)}:name`]: "cache",
    })!;
    assert.match(message, /^4 settings are not usable; nothing was changed\.\n/);
    assert.match(message, /password: stands in plain text/);
    assert.match(message, /replicas: got "many"/);
    assert.match(
      message,
      /maxmemoryPolicy: got "allkeys-lrv"; .*; fix: pulumi config set maxmemoryPolicy allkeys-lru$/m,
    );
  });

  it("has no private key in plain text", () => {
    const { key } = makeCertificate({ name: "redis" });
    const message = refusalOf({ tlsKey: key });
    assert.match(message!, /tlsKey: stands in plain text .*fix: pulumi config set --secret tlsKey, or/);
    assert.ok(!message!.includes("PRIVATE KEY"));
    assert.match(refusalOf({ tlsKey: key }, ["tlsKey"])!, /tlsCertificate: is missing/);
  });

  it("has no previous password in plain text either, and nothing is generated in its place", () => {
    const previous = `${PASSWORD}-before`;
    const both = { password: PASSWORD, previousPassword: previous };
    const plain = refusalOf(both, ["password"])!;
    assert.match(plain, /^1 setting is .*\n {2}- previousPassword: stands in plain text in the stack's file; fix: /);
    assert.match(plain, /fix: pulumi config set --secret previousPassword, or remove it$/);
    const neither = refusalOf(both)!;
    assert.match(neither, /^2 settings are .*\n {2}- password: .*\n {2}- previousPassword: /);
    const deployments = JSON.stringify({ cache: both, other: { redisPort: 6480, sentinelPort: 26479 } });
    const inside = refusalOf({ deployments })!;
    assert.match(inside, /deployments\.cache\.password: .*or remove it for a generated one\n/);
    assert.match(
      inside,
      /fix: pulumi config set --secret --path 'deployments\.cache\.previousPassword', or remove it$/,
    );
    for (const message of [plain, neither, inside]) {
      assert.ok(!message.includes(PASSWORD), message);
    }
    assert.equal(refusalOf(both, ["password", "previousPassword"]), undefined);
    assert.equal(refusalOf({ deployments }, ["deployments"]), undefined);
  });

  it("is refused without a command that a shell would take for another one", () => {
    for (const name of ["'; touch canary; '", "$(touch canary)", "\u001b[2J", "a b"]) {
      for (const config of [{ deployments: withPassword(name) }, { deployments: JSON.stringify({ [name]: {} }) }]) {
        const message = refusalOf(config)!;
        assert.match(message, /fix: edit the stack's file/);
        assert.doesNotMatch(message, /pulumi config/);
        assert.ok(!message.includes(PASSWORD) && !message.includes("\u001b"));
      }
    }
  });

  it("is refused with what was given, also where JSON has no word for it", () => {
    assert.match(refusalOf({ replicas: "1e999" })!, /replicas: got Infinity; allowed: a whole number from 0 to 20/);
  });

  it("names no engine that a program would take for an option", () => {
    for (const endpoint of ["ssh://-oProxyCommand=x", "ssh://me@-oProxyCommand=x", "unix:///x y", "tcp://$(x)"]) {
      const hosts = JSON.stringify([{ name: "a", endpoint, address: "10.0.0.1" }]);
      assert.match(refusalOf({ hosts })!, /hosts\[0\]\.endpoint: got /, endpoint);
    }
    const hosts = JSON.stringify([{ name: "a", endpoint: "ssh://me-too@host-1.example:22", address: "10.0.0.1" }]);
    assert.equal(refusalOf({ hosts }), undefined);
  });
});
