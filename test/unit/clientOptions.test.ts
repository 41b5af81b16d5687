import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { RedisOptions } from "ioredis";
import fc from "fast-check";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import type { GroupTls } from "../../config/secrets";
import { parseDeployment } from "../../config/settings";
import { buildContract, withMaster } from "../../outputs/buildContract";
import { redisOptions, type Client } from "../../outputs/clientOptions";
import { ContractError } from "../../outputs/contract";
import { environmentOf, renderDotenv, SECRET_VARIABLES } from "../../outputs/environment";
import { hostileText } from "../support/hostileText";
import { passwordsOfAll } from "./users.support";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n";
const KEY = CERTIFICATE.replaceAll("CERTIFICATE", "PRIVATE KEY");
const tls: GroupTls = {
  authorities: CERTIFICATE,
  members: {},
  client: { authorities: "", certificate: CERTIFICATE, key: KEY },
};

const contractOf = (overrides: DeploymentOverrides = {}) => {
  const settings = parseDeployment(overrides);
  const secrets = { passwords: passwordsOfAll, ...(settings.tls ? { tls } : {}) };
  return buildContract(planDeployment(settings, "unix:///unused"), secrets);
};
const app = { username: "app", password: passwordsOfAll.app![0]! };
const onSentinels = { sentinelUsername: "app", sentinelPassword: app.password, sentinelCommandTimeout: 1000 };
/** The address of a container that is gone does not answer: a failover is over long before a library's own bound. */
const bounded = { connectTimeout: 500 };

describe("a client's options", () => {
  it("from outside are those of the output connection", () => {
    for (const settings of [{}, { tls: true }, { network: "host" }, { topology: "replication" }] as const) {
      const contract = contractOf(settings);
      assert.deepEqual(redisOptions(contract), contract.connection);
      assert.deepEqual(redisOptions(contract, { from: "outside", user: "app", node: "master" }), contract.connection);
    }
  });

  it("on the deployment's network are the members' own addresses, and nothing is translated", () => {
    assert.deepEqual(redisOptions(contractOf({ replicas: 1, sentinels: 1 }), { from: "network" }), {
      sentinels: [{ host: "172.30.29.101", port: 26379 }],
      name: "mymaster",
      ...app,
      ...bounded,
      ...onSentinels,
    });
    const direct = withMaster(contractOf({ topology: "replication" }), { host: "127.0.0.1", port: 6381 });
    assert.deepEqual(redisOptions(direct, { from: "network" }), {
      host: "172.30.29.12",
      port: 6379,
      ...app,
      ...bounded,
    });
  });

  it("lead to replicas where a client only reads", () => {
    assert.equal((redisOptions(contractOf(), { node: "replica" }) as { role?: string }).role, "slave");
    const initial = contractOf({ topology: "replication" });
    assert.deepEqual(redisOptions(initial, { node: "replica" }), { host: "127.0.0.1", port: 6381, ...app, ...bounded });
    const promoted = withMaster(initial, { host: "127.0.0.1", port: 6381 });
    assert.deepEqual(redisOptions(promoted, { node: "replica" }), {
      host: "127.0.0.1",
      port: 6380,
      ...app,
      ...bounded,
    });
  });

  it("can be another user's", () => {
    const { username, password, sentinelPassword } = redisOptions(contractOf(), { user: "monitor" }) as RedisOptions;
    const expected = passwordsOfAll.monitor![0];
    assert.deepEqual([username, password, sentinelPassword], ["monitor", expected, expected]);
  });

  it("are refused with a sentence where there is no such thing", () => {
    const hostNetwork = contractOf({ network: "host" });
    const alone = contractOf({ replicas: 0, topology: "replication" });
    for (const [contract, client, sentence] of [
      [hostNetwork, { from: "network" }, /^redis has no Docker network of its own .* connect from: "outside"\.$/],
      [alone, { node: "replica" }, /^redis has no replica to read from; set `replicas`, or read from the master\.$/],
      [alone, { user: "nobody" }, /^redis has no user nobody; there are admin, app,/],
    ] as const) {
      assert.throws(() => redisOptions(contract, client), { name: "ContractError", message: sentence });
      assert.throws(() => environmentOf(contract, client), { name: "ContractError", message: sentence });
    }
  });

  it("are ioredis's", () => {
    // A test of the types: this line does not compile when they are not.
    const options: RedisOptions = redisOptions(contractOf({ tls: true }));
    assert.ok(options.enableTLSForSentinelMode);
  });
});

describe("environment variables", () => {
  it("say under Sentinel whom to ask, as whom, and what to translate", () => {
    const { REDIS_NAT_MAP, ...rest } = environmentOf(
      contractOf({ replicas: 0, sentinels: 1, tls: true, tlsClientCertificates: "required" }),
    );
    assert.deepEqual(rest, {
      REDIS_TOPOLOGY: "sentinel",
      REDIS_SENTINELS: "127.0.0.1:26379",
      REDIS_MASTER_NAME: "mymaster",
      REDIS_SENTINEL_USERNAME: "app",
      REDIS_SENTINEL_PASSWORD: app.password,
      REDIS_USERNAME: "app",
      REDIS_PASSWORD: app.password,
      REDIS_TLS: "true",
      REDIS_TLS_CA: CERTIFICATE,
      REDIS_TLS_CERT: CERTIFICATE,
      REDIS_TLS_KEY: KEY,
    });
    assert.equal(REDIS_NAT_MAP, "172.30.29.11:6379=127.0.0.1:6380,172.30.29.101:26379=127.0.0.1:26379");
  });

  it("name one node without Sentinels, as a URL too", () => {
    const password = "p/w@with:all%of=them";
    const contract = contractOf({ topology: "replication", tls: true });
    const { REDIS_URL, REDIS_HOST, REDIS_PORT } = environmentOf({
      ...contract,
      users: { ...contract.users, app: password },
    });
    assert.deepEqual([REDIS_HOST, REDIS_PORT], ["127.0.0.1", "6380"]);
    const url = new URL(REDIS_URL!);
    assert.deepEqual([url.protocol, url.host, url.username], ["rediss:", "127.0.0.1:6380", "app"]);
    assert.equal(decodeURIComponent(url.password), password);
  });

  it("say who only reads, and from where", () => {
    assert.equal(environmentOf(contractOf(), { node: "replica" }).REDIS_ROLE, "replica");
    assert.equal(environmentOf(contractOf()).REDIS_ROLE, undefined);
    assert.equal(environmentOf(contractOf({ topology: "replication" }), { node: "replica" }).REDIS_PORT, "6381");
  });

  it("come back the same from a file, in Node.js and in sh", () => {
    for (const client of [{}, { from: "network" }, { user: "own" }] satisfies Client[]) {
      const contract = contractOf({ tls: true, tlsClientCertificates: "optional" });
      // Everything that a password may have in it, and what a shell would take for a home.
      const users = { ...contract.users, own: "~/a_b.c~d+e=f/g@h%i:j-k" };
      const variables = environmentOf({ ...contract, users }, client);
      assertReadAlike(variables);
    }
  });

  it("come back the same also where the certificates have the line ends of Windows", () => {
    const contract = contractOf({ tls: true });
    const variables = environmentOf({ ...contract, tls: { ca: CERTIFICATE.replaceAll("\n", "\r\n") } });
    assert.equal(variables.REDIS_TLS_CA, CERTIFICATE);
    assertReadAlike(variables);
  });

  it("are read by docker run --env-file, also with a ~ in the password where no shell minds it", () => {
    for (const password of ["a~b_c.d~+e=f/g@h%i:j-k", "0123456789abcdef~"]) {
      const contract = contractOf();
      const users = { ...contract.users, app: password };
      const variables = environmentOf({ ...contract, users });
      assertReadAlike(variables);
      assert.deepEqual(readByDocker(renderDotenv(variables, false)), variables);
    }
    for (const password of ["~abc", "~", "a:~b", "a=~b"]) {
      assertReadAlike({ REDIS_PASSWORD: password });
    }
  });

  it("are refused, whatever is in them, or come back the same", () => {
    const values = [...fc.sample(hostileText, { numRuns: 1500, seed: 1 }), ...fc.sample(fc.string(), 500)];
    const isWritten = (value: string): boolean => {
      try {
        renderDotenv({ REDIS_X: value }, false);
        return true;
      } catch (error) {
        assert.ok(error instanceof ContractError, String(error));
        return false;
      }
    };
    const written = values.filter(isWritten);
    assert.ok(written.length > 100 && written.length < values.length);
    assertReadAlike(Object.fromEntries(written.map((value, at) => [`REDIS_${at}`, value])));
  });

  for (const value of [
    'p"q',
    "$(touch canary)",
    "`touch canary`",
    "${HOME}",
    "a\\nb",
    "\\",
    "a\rb",
    "\0",
    "\u001b[2J",
  ]) {
    it(`are refused with ${JSON.stringify(value)}, without showing it`, () => {
      assert.throws(() => renderDotenv({ REDIS_PASSWORD: `of-mine ${value}` }, false), {
        name: "ContractError",
        message: /^REDIS_PASSWORD cannot be written to a file of environment variables, (?!.*of-mine).* allowed: /,
      });
      assert.throws(() => renderDotenv({ [`A${value}`]: "1" }, false), /^ContractError: "A.* is no name of an env/);
    });
  }

  it("are without any secret unless they are asked for", () => {
    for (const topology of ["sentinel", "replication"] as const) {
      const contract = contractOf({ topology, tls: true, tlsClientCertificates: "required" });
      const text = renderDotenv(environmentOf(contract), true);
      for (const secret of [...Object.values(contract.users), "PRIVATE KEY"]) {
        assert.ok(!text.includes(secret), text);
      }
      for (const name of Object.keys(environmentOf(contract)).filter((one) => SECRET_VARIABLES.includes(one))) {
        assert.match(text, new RegExp(`^# ${name} is secret; --show-secrets shows it$`, "m"));
      }
      assert.match(text, /^REDIS_USERNAME=app$/m);
    }
  });
});

function assertReadAlike(variables: Readonly<Record<string, string>>): void {
  const text = renderDotenv(variables, false);
  assert.deepEqual({ ...parseEnv(text) }, variables);
  assert.deepEqual(readBySh(text), variables);
}

/** The variables that `docker run --env-file` passes on: the lines as they are. */
const readByDocker = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

/** The variables that a shell has after it read the file. */
function readBySh(text: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-dotenv-"));
  try {
    writeFileSync(join(folder, "redis.env"), text);
    const script = `set -a; . ./redis.env; exec "$0" -p 'JSON.stringify(process.env)'`;
    const output = execFileSync("/bin/sh", ["-c", script, process.execPath], {
      cwd: folder,
      encoding: "utf8",
      env: {},
    });
    const all = JSON.parse(output) as Record<string, string>;
    return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("REDIS_")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
