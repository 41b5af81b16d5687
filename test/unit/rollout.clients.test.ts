import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { allMembers, planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { clientsNotice } from "../../rollout/clients";
import { identityOf, type FoundMember } from "../../rollout/members";

const ENGINE = "unix:///var/run/docker.sock";
const planOf = (overrides: DeploymentOverrides = {}) => planDeployment(parseDeployment(overrides), ENGINE);

/** The containers of a deployment with these settings. */
function containersOf(overrides: DeploymentOverrides): readonly FoundMember[] {
  const plan = planOf(overrides);
  return allMembers(plan).map((member) => ({
    name: member.name,
    kind: member.kind,
    engine: ENGINE,
    id: member.name,
    imageId: "sha256:1",
    running: true,
    identity: identityOf(plan, member),
    ...(member.attachment === undefined ? {} : { published: { host: member.bindAddress, port: member.hostPort } }),
  }));
}

/** What is said to clients when the settings change from the first to the second. */
const notice = (before: DeploymentOverrides, after: DeploymentOverrides) =>
  clientsNotice(planOf(after), containersOf(before));

describe("what clients have to know of an update", () => {
  it("is nothing on a first creation, and nothing where what they have read stays true", () => {
    assert.equal(clientsNotice(planOf(), []), undefined);
    for (const after of [{}, { maxmemoryMb: 64 }, { replicas: 3 }, { sentinels: 5 }, { image: "redis:8.0.2" }]) {
      assert.equal(notice({}, after), undefined, JSON.stringify(after));
    }
  });

  it("is that addresses change, with the first of them", () => {
    assert.equal(
      notice({}, { sentinelPort: 26950 }),
      "redis: clients have to read the outputs again, and to connect with them: addresses change (redis-sentinel-1 from 127.0.0.1:26379 to 127.0.0.1:26950, redis-sentinel-2 from 127.0.0.1:26380 to 127.0.0.1:26951, redis-sentinel-3 from 127.0.0.1:26381 to 127.0.0.1:26952).",
    );
    assert.match(notice({}, { redisPort: 6390, subnet: "172.30.29.0/24" })!, /redis-master from 127\.0\.0\.1:6380 to /);
    assert.match(
      notice({}, { bindAddress: "0.0.0.0" })!,
      /from 127\.0\.0\.1:6380 to 0\.0\.0\.0:6380, .*, and 4 more\)/,
    );
    assert.match(
      notice({}, { subnet: "10.77.0.0/24" })!,
      /redis-master from 172\.30\.29\.11:6379 to 10\.77\.0\.11:6379/,
    );
    const onHost = { network: "host", bindAddress: "127.0.0.1" } as const;
    assert.match(notice(onHost, { ...onHost, redisPort: 6480 })!, /from 127\.0\.0\.1:6380 to 127\.0\.0\.1:6480/);
  });

  it("is another name of the master, and that connections are encrypted, or not any more", () => {
    assert.match(notice({}, { masterName: "cache" })!, /: the master's name is cache instead of mymaster\.$/);
    assert.match(notice({}, { tls: true })!, /: connections are encrypted, and no others let in\.$/);
    assert.match(notice({ tls: true }, {})!, /: connections are not encrypted any more\.$/);
  });

  it("is that nobody fails over by itself any more, or that somebody does now", () => {
    const byHand = { topology: "replication" } as const;
    assert.match(notice({}, byHand)!, /no Sentinels any more to ask, and nobody fails over by itself\.$/);
    assert.match(notice(byHand, {})!, /: the Sentinels say who is master from now on\.$/);
  });
});
