import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "mocha";
import { ProcessSampler } from "../support/processSampler";
import { findLeaks, leakText, secretsOfState, type Place } from "../support/secretScan";
import { waitFor } from "../support/waitFor";

/** With what is escaped in JSON and in addresses, and with bytes whose base64 is not the same in addresses. */
const AWKWARD = 'mJ7"x?>~ \\q/o?~~>Kd93>>n1';
const PLAIN = "V6tq0zXnB3kYw9Rf2LhD8sJc5PmGaT1e";

const marked = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

const encodings: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  "as JSON": (value) => JSON.stringify({ key: value }),
  "URL-encoded": encodeURIComponent,
  "form-encoded": (value) => new URLSearchParams({ key: value }).toString(),
  "URL-encoded throughout": (value) => Buffer.from(value).toString("hex").replace(/../g, "%$&"),
  "in hex": (value) => Buffer.from(value).toString("hex"),
  "in hex, in capitals": (value) => Buffer.from(value).toString("hex").toUpperCase(),
  ...Object.fromEntries(
    (["base64", "base64url"] as const).flatMap((encoding) =>
      ["", "x", "xy", "xyz"].flatMap((before) =>
        ["", "u", "uv", "uvw"].map((behind) => [
          `in ${encoding}, behind ${before.length} other bytes and before ${behind.length}`,
          (value: string) => Buffer.from(before + value + behind).toString(encoding),
        ]),
      ),
    ),
  ),
};

describe("search for secrets", () => {
  for (const [name, value] of Object.entries({ "letters and digits": PLAIN, "all kinds of characters": AWKWARD })) {
    for (const [encoding, encode] of Object.entries(encodings)) {
      it(`finds one of ${name}, ${encoding}`, () => {
        const places = [
          { name: "the first place", text: "nothing" },
          { name: "the second place", text: `a log: ${encode(value)}; and more` },
        ];
        const leaks = findLeaks([{ name: "the password", value }], places);
        assert.deepEqual([...new Set(leaks.map(({ place }) => place))], ["the second place"]);
        assert.ok(!leaks.map(leakText).join().includes(value), "the value itself is told");
      });
    }
  }

  it("finds nothing where another one is, or a part", () => {
    const text = Object.values(encodings)
      .map((encode) => encode(PLAIN.slice(1)))
      .join(" ");
    assert.deepEqual(findLeaks([{ name: "the password", value: PLAIN }], [{ name: "a place", text }]), []);
  });

  it("says which, how and where", () => {
    const secrets = [
      { name: "the password", value: PLAIN },
      { name: "the key", value: AWKWARD },
    ];
    const text = `${PLAIN} ${Buffer.from(AWKWARD).toString("hex")}`;
    assert.deepEqual(findLeaks(secrets, [{ name: "a log", text }]).map(leakText), [
      "the password, plain, found in a log",
      "the key, in hex, found in a log",
    ]);
  });
});

describe("secrets of a stack's state", () => {
  const state = (...resources: readonly unknown[]) => ({ version: 3, deployment: { resources } });
  const urn = (name: string) => `urn:pulumi:dev::project::some:Type::${name}`;
  const fact = "a fact that anybody may know";

  it("are the long strings in everything that is marked, and none twice", () => {
    const group = { urn: urn("group"), type: "pulumi:pulumi:Stack" };
    const outputs = {
      password: marked(PLAIN),
      connection: marked({ password: PLAIN, keys: [AWKWARD], name: "short", port: 1 }),
    };
    const password = { urn: urn("password"), type: "random:index/randomPassword:RandomPassword" };
    assert.deepEqual(
      secretsOfState(state({ ...group, outputs }, { ...password, outputs: { result: marked(PLAIN), length: 32 } })),
      [
        { name: "outputs.connection.keys.0 of group (pulumi:pulumi:Stack)", value: AWKWARD },
        { name: "outputs.result of password (random:index/randomPassword:RandomPassword)", value: PLAIN },
      ].sort((one) => (one.value === PLAIN ? -1 : 1)),
    );
  });

  it("are not the facts beside them, nor the files that are made from them", () => {
    const group = { urn: urn("group"), type: "pulumi:pulumi:Stack" };
    const container = { urn: urn("container"), type: "docker:index/container:Container" };
    const secrets = secretsOfState(
      state(
        { ...group, outputs: { host: fact, connection: marked({ host: fact, password: PLAIN }) } },
        { ...container, outputs: { uploads: marked([{ file: "/a/file/with/the/password", content: PLAIN }]) } },
      ),
    );
    assert.deepEqual(
      secrets.map(({ value }) => value),
      [PLAIN],
    );
  });

  it("are those that were generated, also where the state has them in plain", () => {
    const password = { urn: urn("password"), type: "random:index/randomPassword:RandomPassword" };
    const container = { urn: urn("container"), type: "docker:index/container:Container" };
    const secrets = secretsOfState(
      state({ ...container, inputs: { command: [PLAIN] } }, { ...password, outputs: { result: marked(PLAIN) } }),
    );
    assert.deepEqual(
      secrets.map(({ value }) => value),
      [PLAIN],
    );
  });

  it("cannot be had from a state without them", () => {
    const hidden = { ...marked(PLAIN), plaintext: undefined, ciphertext: "v1:..." };
    assert.throws(
      () => secretsOfState(state({ urn: urn("a"), type: "b", outputs: { hidden } })),
      /without --show-secrets/,
    );
    assert.throws(() => secretsOfState({}), /not a stack's state/);
  });
});

describe("the watch over processes", () => {
  /** What is seen of a process that gets the secret in this way. */
  async function watched(args: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly Place[]> {
    const sampler = new ProcessSampler();
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()", "--", ...args], {
      argv0: "watched",
      env,
      stdio: ["pipe", "ignore", "ignore"],
    });
    try {
      await waitFor("the process to be seen", () => sampler.programs.has("watched"));
      return await sampler.stop();
    } finally {
      await sampler.stop();
      child.kill("SIGKILL");
    }
  }
  const places = (seen: readonly Place[]) =>
    findLeaks([{ name: "the password", value: PLAIN }], seen).map(({ place }) => place);

  it("finds a secret in a command line, and in an environment", async () => {
    const inArguments = await watched([`--password=${PLAIN}`], {});
    assert.deepEqual(places(inArguments), ["the command line of a process watched"]);
    const inEnvironment = await watched([], { SOME_PASSWORD: PLAIN });
    assert.deepEqual(places(inEnvironment), ["the environment of a process watched"]);
    assert.deepEqual(places(await watched([], {})), []);
  });
});
