import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { groupClient } from "../../checks/connections";
import type { Contract } from "../../outputs/contract";
import { GroupWatch } from "../support/groupWatch";
import { PatientWriter } from "../support/patientWriter";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";

const NAME = "certificates";
const settings = {
  name: NAME,
  tls: true,
  redisPort: 19480,
  sentinelPort: 29479,
  downAfterMs: 2000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 40,
};

/** Fingerprints of what the members show, by name. */
async function shownBy({ nodes, sentinels }: Contract): Promise<Readonly<Record<string, string>>> {
  const all = [...nodes, ...sentinels].map(
    ({ name, host, port }) =>
      new Promise<readonly [string, string]>((resolve, reject) => {
        const socket = connect({ host, port, rejectUnauthorized: false }, () => {
          resolve([name, socket.getPeerX509Certificate()!.fingerprint256]);
          socket.destroy();
        });
        socket.on("error", reject);
      }),
  );
  return Object.fromEntries(await Promise.all(all));
}

/** Certificates of the authorities in a contract. */
const authoritiesOf = ({ tls }: Contract): readonly string[] =>
  (tls!.ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem).subject,
  );

/** An update under load: nothing is lost, no command fails, no data node starts again, and there is no failover. */
async function underLoad(project: PulumiProject, what: string, update: () => Promise<Ended>): Promise<Contract> {
  const contract = await project.contract(NAME);
  const writer = new PatientWriter(contract, `${what}:${Date.now()}`);
  const watch = await GroupWatch.begin(contract);
  // One that stays connected through all of it.
  const { host, port } = contract.nodes[0]!;
  const steady = new Redis({
    host,
    port,
    username: "app",
    password: contract.users.app,
    tls: contract.tls,
    retryStrategy: null,
  }).on("error", () => undefined);
  try {
    await steady.ping();
    expectSuccess(await update());
    await writer.stop();
    const now = await project.contract(NAME);
    const client = groupClient(now);
    const missing = await writer.missing(client);
    client.disconnect();
    console.log(
      `      ${what}: ${writer.acknowledged.length} writes, longest gap ${writer.longestGapMs} ms, ${missing.length} lost; started: ${watch.started.join(", ") || "none"}`,
    );
    assert.deepEqual(missing, []);
    assert.ok(writer.acknowledged.length > 0, "there was no load");
    assert.equal(await steady.ping(), "PONG", "an open connection was dropped");
    assert.deepEqual(
      watch.started,
      now.sentinels.map(({ name }) => name),
      "only Sentinels start again, one by one",
    );
    assert.equal(watch.mostAway, 1, "two were away at the same time");
    assert.equal(watch.masters.length, 1, `the masters were ${watch.masters.join(", ")}`);
    return now;
  } finally {
    steady.disconnect();
    watch.end();
    await writer.stop();
  }
}

describe("certificates", () => {
  const project = new PulumiProject();
  before(async () => {
    await project.addStack(NAME, settings);
    expectSuccess(await project.up(NAME));
  });
  after(() => project.dispose());

  it("that are not due stay as they are", async () => {
    expectSuccess(await project.up(NAME, "--expect-no-changes"));
    const { stdout } = expectSuccess(await project.command(["status", "--stack", NAME]));
    assert.match(stdout, /Certificates: the first ends in 36[45] days\./);
  });

  it("that are due are renewed by a plain update under load", async () => {
    // As after most of their life: what is left of a year is less than is asked for.
    project.configure(NAME, { ...settings, tlsValidityDays: 366, tlsRenewDays: 365 });
    const before = await shownBy(await project.contract(NAME));
    const contract = await underLoad(project, "renewal", () => project.up(NAME));
    const after = await shownBy(contract);
    for (const name of Object.keys(before)) {
      assert.notEqual(after[name], before[name], `${name} shows its old certificate`);
    }
    project.configure(NAME, { ...settings, tlsValidityDays: 366 });
    expectSuccess(await project.up(NAME));
    expectSuccess(await project.up(NAME, "--expect-no-changes"));
  });

  it("get another authority, which clients learn of before it signs", async () => {
    const first = await project.contract(NAME);
    const shown = await shownBy(first);
    const overlap = await underLoad(project, "another authority", () =>
      project.command(["rotate", "tls-authority", "--stack", NAME]),
    );
    assert.deepEqual(authoritiesOf(overlap).length, 2);
    assert.deepEqual(await shownBy(overlap), shown, "the authority of before goes on signing");
    const last = await underLoad(project, "the authority of before ends", () =>
      project.command(["rotate", "tls-authority", "--finish", "--yes", "--stack", NAME]),
    );
    assert.deepEqual(authoritiesOf(last), [authoritiesOf(overlap)[0]]);
    // Who did not learn of it is told by its own client.
    const late = new Redis({ ...first.connection, sentinelRetryStrategy: () => null, retryStrategy: () => null });
    const failures: string[] = [];
    late.on("error", (error: Error) => failures.push(error.message));
    await assert.rejects(late.ping());
    late.disconnect();
    expectSuccess(await project.command(["failover", "--stack", NAME, "--yes"]));
    expectSuccess(await project.command(["verify", "--stack", NAME]));
  });
});
