import assert from "node:assert/strict";
import Docker from "dockerode";
import { after, before, describe, it } from "mocha";
import { DockerHosts } from "../support/dockerHosts";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";

describe("several Docker hosts", () => {
  const hosts = new DockerHosts(3);
  const project = new PulumiProject();
  before(async function () {
    if (process.getuid?.() !== 0) {
      console.log("  several Docker hosts: only root can make the network namespaces that they live in");
      this.skip();
    }
    await hosts.start("redis:8.0.2");
  });
  after(async () => {
    await project.dispose();
    await hosts.dispose();
  });

  it("get a node and a Sentinel each, which reach one another under the hosts' addresses, and pass the same checks", async () => {
    await project.addStack("fleet", {
      name: "fleet",
      hosts: hosts.hosts,
      redisPort: 18180,
      sentinelPort: 28180,
      downAfterMs: 2000,
      failoverTimeoutMs: 10_000,
      dataVolumes: "delete",
    });
    expectSuccess(await project.up("fleet"));
    const contract = await project.contract("fleet");
    assert.deepEqual(
      contract.nodes.map(({ host }) => host),
      hosts.hosts.map(({ address }) => address),
    );
    assert.deepEqual(contract.natMap, {});
    for (const { endpoint } of hosts.hosts) {
      const running = await new Docker({ socketPath: endpoint.replace("unix://", "") }).listContainers();
      assert.equal(running.length, 2, `${endpoint} runs ${running.flatMap(({ Names }) => Names).join(", ")}`);
    }
    expectSuccess(await project.up("fleet", "--refresh", "--expect-no-changes"));
    expectSuccess(await project.command(["failover", "fleet", "--yes"]));
    expectSuccess(await project.destroy("fleet"));
  });
});
