import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { groupClient } from "../../checks/connections";
import type { Contract } from "../../outputs/contract";
import { container, engine, leftovers } from "../support/engine";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";

const NAME = "foreign";
const settings = {
  name: NAME,
  redisPort: 18480,
  sentinelPort: 28480,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 30,
};

/** What other hands did to a deployment's things on the engine, and what `npm run up` makes of it. */
describe("foreign hands", () => {
  const project = new PulumiProject();
  let contract: Contract;
  before(async () => {
    await project.addStack(NAME, settings);
    expectSuccess(await project.up(NAME));
    contract = await project.contract(NAME);
  });
  after(() => project.dispose());

  const up = () => project.command(["up", NAME]);
  const volume = (name: string) => engine.getVolume(`${name}-data`);
  const labelsOf = async (name: string) => (await volume(name).inspect()).Labels;
  const onMaster = async <T>(ask: (client: ReturnType<typeof groupClient>) => Promise<T>): Promise<T> => {
    const client = groupClient(contract);
    return ask(client).finally(() => client.disconnect());
  };

  it("that removed a data volume: it is made anew with its labels, and filled; the next update changes nothing", async () => {
    await onMaster((client) => client.set("kept", "yes"));
    const before = await labelsOf(`${NAME}-replica-1`);
    await container(`${NAME}-replica-1`).remove({ force: true });
    await volume(`${NAME}-replica-1`).remove();
    const { output } = expectSuccess(await up());
    assert.match(output, /^Gone, and made anew, empty: foreign-replica-1-data\./m);
    assert.deepEqual(await labelsOf(`${NAME}-replica-1`), before);
    expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
    assert.equal(await onMaster((client) => client.get("kept")), "yes");
  });

  it("that removed the master's data volume: the others have the data", async () => {
    await container(`${NAME}-master`).remove({ force: true });
    await volume(`${NAME}-master`).remove();
    expectSuccess(await up());
    assert.equal(await onMaster((client) => client.get("kept")), "yes");
  });

  it("that left a volume without labels: it is no reason to replace it", async () => {
    await container(`${NAME}-replica-2`).remove({ force: true });
    await volume(`${NAME}-replica-2`).remove();
    await engine.createVolume({ Name: `${NAME}-replica-2-data` });
    expectSuccess(await up());
    expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
    assert.equal(await onMaster((client) => client.get("kept")), "yes");
  });

  it("that removed everything: it is said, and deployed afresh", async () => {
    const names = [...contract.nodes, ...contract.sentinels].map(({ name }) => name);
    await Promise.all(names.map((name) => container(name).remove({ force: true })));
    const { Volumes: volumes } = await engine.listVolumes({
      filters: { label: [`redis-on-docker.deployment=${NAME}`] },
    });
    await Promise.all(
      [...volumes.map(({ Name: name }) => name), `${NAME}-replica-2-data`]
        .filter((name, index, all) => all.indexOf(name) === index)
        .map((name) => engine.getVolume(name).remove()),
    );
    await engine.getNetwork(NAME).remove();
    const { output } = expectSuccess(await up());
    assert.match(output, /^The data volumes are gone, all of them: foreign-master-data, foreign-replica-1-data, /m);
    assert.equal(await onMaster((client) => client.get("kept")), null);
  });

  it("that removed a volume do not stop a destroy", async () => {
    await container(`${NAME}-replica-1`).remove({ force: true });
    await volume(`${NAME}-replica-1`).remove();
    expectSuccess(await project.command(["destroy", NAME, "--yes"]));
    assert.deepEqual(await leftovers(NAME), []);
  });
});
