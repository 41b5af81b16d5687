import assert from "node:assert/strict";
import { planDeployment, type DeploymentPlan } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import { identityOf, type FoundMember } from "../../rollout/members";
import { strandedMaster } from "../../rollout/strandedMaster";

const host = (number: number) => ({
  name: `host-${number}`,
  endpoint: `tcp://192.0.2.${number}:2375`,
  address: `192.0.2.${number}`,
});

const planOn = (topology: "sentinel" | "replication", ...hosts: readonly number[]): DeploymentPlan =>
  planDeployment(parseDeployment({ topology, hosts: hosts.map(host) }), "unix:///unused");

/** The containers of a plan's data nodes on the hosts that another plan still has. */
const foundOn = (before: DeploymentPlan, after: DeploymentPlan): readonly FoundMember[] => {
  const engines = new Set(after.nodes.map(({ engine }) => engine.endpoint));
  return before.nodes
    .filter(({ engine }) => engines.has(engine.endpoint))
    .map((node) => ({
      name: node.name,
      kind: "data",
      engine: node.engine.endpoint,
      id: node.name,
      imageId: "sha256:1",
      running: true,
      health: "healthy",
      identity: identityOf(before, node),
    }));
};

describe("a host that is taken out of the settings", () => {
  const three = planOn("replication", 1, 2, 3);
  const two = planOn("replication", 1, 2);
  const promoted = three.nodes.find(({ engine }) => engine.endpoint === host(3).endpoint)!;

  it("with the master of a group without Sentinels on it, is refused, and the sentence says whom to promote", async () => {
    const found = foundOn(three, two);
    assert.equal(found.length, 2);
    const sentence = await strandedMaster(two, found, () => Promise.resolve(promoted.announced));
    assert.ok(sentence?.includes(`is at ${promoted.announced.host}:${promoted.announced.port}`), sentence);
    assert.ok(sentence?.includes(`npm run promote -- ${found[0]!.name}`), sentence);
  });

  it("may go when the master is on one that stays, when Sentinels run, and when nobody says who is master", async () => {
    const found = foundOn(three, two);
    const staying = three.nodes.find(({ name }) => name === found[0]!.name)!;
    assert.equal(await strandedMaster(two, found, () => Promise.resolve(staying.announced)), undefined);
    const under = planOn("sentinel", 1, 2);
    assert.equal(await strandedMaster(under, found, () => Promise.resolve(promoted.announced)), undefined);
    assert.equal(await strandedMaster(two, found, () => Promise.reject(new Error("none"))), undefined);
  });
});
