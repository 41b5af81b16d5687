import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { after, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";
import { container, leftovers, removeVolumes } from "../support/engine";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

const quick = { downAfterMs: 1000, failoverTimeoutMs: 10_000, dataVolumes: "delete", checkTimeoutS: 40 };

const roleOf = async (contract: Contract, name: string): Promise<string> => {
  const { host, port } = contract.nodes.find((node) => node.name === name)!;
  const client = new Redis({ host, port, ...accessOf(contract, "admin"), retryStrategy: null });
  client.on("error", () => undefined);
  try {
    return /^role:(\w+)/m.exec(await client.info("replication"))?.[1] ?? "?";
  } finally {
    client.disconnect();
  }
};

describe("the replication topology", () => {
  const project = new PulumiProject();
  after(() => project.dispose());
  let contract: Contract;
  // With an append-only file: a master that was killed would have less on its disk than its replicas.
  const plain = { name: "plain", topology: "replication", redisPort: 18480, appendonly: true };

  it("comes up by one word, without Sentinels", async () => {
    await project.addStack("plain", { ...quick, ...plain });
    expectSuccess(await project.up("plain"));
    contract = await project.contract("plain");
    assert.deepEqual(contract.sentinels, []);
    assert.deepEqual([contract.connection.host, contract.connection.port], ["127.0.0.1", 18480]);
    expectSuccess(await project.up("plain", "--refresh", "--expect-no-changes"));
  });

  it("keeps what `promote` did, through restarts of all nodes and the next up, whose outputs follow", async () => {
    const before = new Redis(contract.connection);
    await before.set("promoted", "not yet");
    before.disconnect();
    expectSuccess(await project.command(["promote", "plain-replica-2", "--stack", "plain", "--yes"]));
    assert.equal(await roleOf(contract, "plain-replica-2"), "master");
    await Promise.all(
      ["plain-master", "plain-replica-1", "plain-replica-2"].map((name) => container(name).restart({ t: 10 })),
    );
    await waitFor(
      "the promoted node to be master again",
      async () => (await roleOf(contract, "plain-replica-2")) === "master",
      { timeoutMs: 40_000 },
    );
    assert.equal(await roleOf(contract, "plain-master"), "slave");
    expectSuccess(await project.up("plain"));
    const { connection } = await project.contract("plain");
    assert.equal(connection.port, 18482);
    const now = new Redis(connection);
    assert.equal(await now.get("promoted"), "not yet");
    now.disconnect();
    expectSuccess(await project.preview("plain", "--expect-no-changes"));
  });

  it("after a full outage without its last master it takes no writes and says so; with it, all goes on", async () => {
    const all = contract.nodes.map(({ name }) => name);
    const others = all.filter((name) => name !== "plain-replica-2");
    await Promise.all(all.map((name) => container(name).kill()));
    await Promise.all(others.map((name) => container(name).start()));
    const said = await waitFor(
      "`status` to say that nobody takes writes",
      async () => {
        const { code, output } = await project.command(["status", "plain"]);
        return code === 1 && output.includes("takes no writes") && output;
      },
      { timeoutMs: 60_000, everyMs: 1000 },
    );
    assert.match(said, /plain-replica-2/);
    assert.deepEqual(await Promise.all(others.map((name) => roleOf(contract, name))), ["slave", "slave"]);
    await container("plain-replica-2").start();
    await waitFor(
      "the last master to be master again",
      async () => (await roleOf(contract, "plain-replica-2").catch(() => "down")) === "master",
      { timeoutMs: 60_000 },
    );
    const client = new Redis((await project.contract("plain")).connection);
    assert.equal(await client.get("promoted"), "not yet");
    client.disconnect();
    expectSuccess(await project.command(["verify", "plain"]));
  });

  it("`verify` sees a second master, and `promote` puts it right", async () => {
    const { host, port } = contract.nodes.find(({ name }) => name === "plain-replica-1")!;
    const client = new Redis({ host, port, ...accessOf(contract, "admin") });
    await client.replicaof("NO", "ONE");
    client.disconnect();
    const { code, output } = await project.command(["verify", "plain", "--timeout", "2"]);
    assert.equal(code, 1, output);
    assert.match(output, /plain-replica-1.*master/);
    assert.match(output, /npm run promote/);
    // Insisted on, since what was only written on the other one is lost.
    expectSuccess(await project.command(["promote", "plain-replica-2", "--stack", "plain", "--force"]));
    expectSuccess(await project.command(["verify", "plain"]));
  });

  it("says that failover is by hand", async () => {
    const { code, output } = await project.command(["failover", "plain", "--yes"]);
    assert.notEqual(code, 0);
    assert.match(output, /promote/);
  });
});

describe("the host's network", () => {
  const project = new PulumiProject();
  after(() => project.dispose());

  it("needs no address translation, and passes the same checks", async () => {
    await project.addStack("hostnet", {
      ...quick,
      name: "hostnet",
      network: "host",
      redisPort: 18580,
      sentinelPort: 28579,
    });
    expectSuccess(await project.up("hostnet"));
    const contract = await project.contract("hostnet");
    assert.deepEqual(contract.natMap, {});
    assert.equal(contract.connection.natMap, undefined);
    expectSuccess(await project.up("hostnet", "--refresh", "--expect-no-changes"));
  });
});

describe("several deployments in one stack", () => {
  const project = new PulumiProject();
  after(() => project.dispose());

  it("live side by side, each with its names, ports, network and outputs", async () => {
    await project.addStack("two", {
      ...quick,
      deployments: {
        "two-cache": { topology: "replication", replicas: 1, redisPort: 18680 },
        "two-queue": { replicas: 1, redisPort: 18780, sentinelPort: 28779 },
      },
    });
    expectSuccess(await project.up("two"));
    const [cache, queue] = [await project.contract("two"), await project.contract("two", "two-queue")];
    assert.deepEqual([cache.deployment, queue.deployment], ["two-cache", "two-queue"]);
    assert.notEqual(cache.users.app, queue.users.app);
    expectSuccess(await project.up("two", "--expect-no-changes"));
    expectSuccess(await project.destroy("two"));
    assert.deepEqual([...(await leftovers("two-cache")), ...(await leftovers("two-queue"))], []);
  });
});

describe("data volumes that are kept", () => {
  const project = new PulumiProject();
  after(async () => {
    await project.dispose();
    await removeVolumes("kept");
  });

  it("outlive a destroy, and the next deployment has the data", async () => {
    await project.addStack("kept", {
      ...quick,
      name: "kept",
      replicas: 1,
      redisPort: 18880,
      sentinelPort: 28879,
      dataVolumes: "keep",
    });
    expectSuccess(await project.up("kept"));
    const first = new Redis((await project.contract("kept")).connection);
    await first.set("precious", "data");
    await first.wait(1, 2000);
    first.disconnect();
    expectSuccess(await project.destroy("kept"));
    assert.deepEqual(
      (await leftovers("kept")).filter((thing) => !thing.startsWith("volume")),
      [],
    );
    expectSuccess(await project.up("kept"));
    const second = new Redis((await project.contract("kept")).connection);
    assert.equal(await second.get("precious"), "data");
    second.disconnect();
  });
});
