import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { groupClient } from "../../checks/connections";
import type { Contract } from "../../outputs/contract";
import { container, engine, leftovers } from "../support/engine";
import { DockerHosts } from "../support/dockerHosts";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { skipBecause } from "../support/skipBecause";

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

  /** As tools that look for newer images do it: the same settings, labels and networks, but nothing that was put into it. */
  const makeAnew = async (name: string): Promise<void> => {
    const { Config, HostConfig, NetworkSettings } = await container(name).inspect();
    await container(name).stop();
    await container(name).remove();
    const EndpointsConfig = Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([network, { IPAddress }]) => [
        network,
        { IPAMConfig: { IPv4Address: IPAddress } },
      ]),
    );
    const made = await engine.createContainer({ name, ...Config, HostConfig, NetworkingConfig: { EndpointsConfig } });
    // It may not start: the node's program was in the old one.
    await made.start().catch(() => undefined);
  };

  it("that made containers anew: an update takes them over and replaces them in their turn; a plain one says what to do", async () => {
    await onMaster((client) => client.set("kept", "yes"));
    for (const name of [`${NAME}-replica-1`, `${NAME}-master`]) {
      await makeAnew(name);
    }
    const plain = await project.up(NAME, "--refresh");
    assert.notEqual(plain.code, 0);
    assert.match(
      plain.output,
      /the container foreign-master on \S+ is this deployment's, but not .*fix: npm run adopt/,
    );
    const { output } = expectSuccess(await up());
    assert.match(output, /^Taken over, .*: foreign-master, foreign-replica-1\. /m);
    expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
    assert.equal(await onMaster((client) => client.get("kept")), "yes");
  });

  it("that renamed the stack: it goes on with its own, and a new stack of the old name does not", async () => {
    await project.rename(NAME, "renamed");
    expectSuccess(await project.up("renamed", "--refresh", "--expect-no-changes"));
    await project.addStack(NAME, settings);
    try {
      const { code, output } = await project.command(["up", NAME]);
      assert.notEqual(code, 0);
      assert.match(
        output,
        /there is already a container foreign-master of deployment foreign in stack redis-on-docker\/foreign/,
      );
    } finally {
      await project.removeStack(NAME);
      await project.rename("renamed", NAME);
    }
  });

  describe("that chose another engine", () => {
    const elsewhere = new DockerHosts(1, "fgn", 87);
    before(async function () {
      if (process.getuid?.() !== 0) {
        skipBecause(this, "only root can make the network namespace that another engine lives in");
      }
      await elsewhere.start("redis:8.0.2");
    });
    after(() => elsewhere.dispose());
    const there = () => ({ DOCKER_HOST: elsewhere.hosts[0]!.endpoint });

    it("are refused, with the name of the engine that has the deployment", async () => {
      const { code, output } = await project.command(["up", NAME], undefined, there());
      assert.notEqual(code, 0);
      assert.match(
        output,
        /DOCKER_HOST: foreign is on the engine unix:\/\/\S+ \(foreign-master and 5 more\), and unix:\/\/\S+ is another/,
      );
      const plain = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", NAME], there());
      assert.notEqual(plain.code, 0);
      assert.match(plain.output, /DOCKER_HOST: foreign is on the engine/);
      expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
    });

    it("and left a state that is there, and has forgotten the containers: one command adopts what is here", async () => {
      const { stdout } = expectSuccess(await project.pulumi(["stack", "export", "--stack", NAME]));
      const state = JSON.parse(stdout) as { deployment: { resources: { type: string; inputs: { host?: string } }[] } };
      const kept = state.deployment.resources.filter(({ type }) => !/:(Container|Network)$/.test(type));
      kept
        .filter(({ type }) => type === "pulumi:providers:docker")
        .forEach(({ inputs }) => (inputs.host = there().DOCKER_HOST));
      state.deployment.resources = kept;
      const file = join(project.folder, "astray.json");
      writeFileSync(file, JSON.stringify(state));
      expectSuccess(await project.pulumi(["stack", "import", "--file", file, "--stack", NAME]));

      const ids = async () => Promise.all(contract.nodes.map(async ({ name }) => (await container(name).inspect()).Id));
      const before = await ids();
      const { output } = expectSuccess(await project.command(["adopt", NAME, "--yes"]));
      assert.match(output, /^The stack is on unix:\/\/\S+, which its state did not say\.$/m);
      assert.match(output, /^Taken over, .*foreign-master, foreign-replica-1, .*the network foreign\./m);
      assert.deepEqual(await ids(), before);
      const network = await engine.getNetwork(NAME).inspect();
      expectSuccess(await up());
      assert.equal((await engine.getNetwork(NAME).inspect()).Id, network.Id);
      assert.equal(await onMaster((client) => client.get("kept")), "yes");
      expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
    });
  });

  describe("that removed", () => {
    it("a data volume: it is made anew with its labels, and filled; the next update changes nothing", async () => {
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

    it("the master's data volume: the others have the data", async () => {
      await container(`${NAME}-master`).remove({ force: true });
      await volume(`${NAME}-master`).remove();
      expectSuccess(await up());
      assert.equal(await onMaster((client) => client.get("kept")), "yes");
    });

    it("the labels of a volume: that is no reason to replace it", async () => {
      await container(`${NAME}-replica-2`).remove({ force: true });
      await volume(`${NAME}-replica-2`).remove();
      await engine.createVolume({ Name: `${NAME}-replica-2-data` });
      expectSuccess(await up());
      expectSuccess(await project.up(NAME, "--refresh", "--expect-no-changes"));
      assert.equal(await onMaster((client) => client.get("kept")), "yes");
    });

    it("everything: it is said, and deployed afresh", async () => {
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

    it("a volume, before a destroy: it does not stop it", async () => {
      await container(`${NAME}-replica-1`).remove({ force: true });
      await volume(`${NAME}-replica-1`).remove();
      expectSuccess(await project.command(["destroy", NAME, "--yes"]));
      assert.deepEqual(await leftovers(NAME), []);
    });
  });
});
