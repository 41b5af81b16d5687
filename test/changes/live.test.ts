import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";
import { container, engine, leftovers } from "../support/engine";
import { missingSomewhere } from "../support/faults/audit";
import { withMember } from "../support/faults/connect";
import { Load } from "../support/faults/load";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { ReadySentinels } from "../support/readySentinels";
import { holdsFor, waitFor } from "../support/waitFor";

/** Changes of a running group that replace no container. */
const STACK = "changes";
const settings = {
  name: "changes",
  redisPort: 18680,
  sentinelPort: 28679,
  downAfterMs: 3000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 60,
};

describe("changes without a restart", () => {
  const project = new PulumiProject();
  let contract: Contract;
  /** Where a replica was that is no member any more. */
  let left = { host: "", port: 0 };

  const deploy = async (changed: Readonly<Record<string, unknown>>): Promise<string> => {
    project.configure(STACK, { ...settings, ...changed });
    const { output } = expectSuccess(await project.up(STACK));
    contract = await project.contract(STACK);
    return output;
  };
  const containers = async (): Promise<Readonly<Record<string, string>>> => {
    const ids = await Promise.all(
      [...contract.nodes, ...contract.sentinels].map(async ({ name }) => {
        const { Id, State } = await container(name).inspect();
        return [name, `${Id} since ${State.StartedAt}`] as const;
      }),
    );
    return Object.fromEntries(ids);
  };
  const ask = (name: string, ...command: readonly [string, ...string[]]): Promise<unknown> => {
    const member = [...contract.nodes, ...contract.sentinels].find((each) => each.name === name)!;
    const [verb, ...args] = command;
    return withMember(member, accessOf(contract, "admin"), (client) => client.call(verb, ...args));
  };
  const knownTo = async (sentinel: string): Promise<readonly string[]> => {
    const replies = await Promise.all(
      ["REPLICAS", "SENTINELS"].map((what) => ask(sentinel, "SENTINEL", what, contract.masterName)),
    );
    return (replies.flat() as string[][]).map((fields) => `${fields[3]}:${fields[5]}`).sort();
  };
  const masterBy = async (sentinel: string): Promise<string> =>
    ((await ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", contract.masterName)) as string[]).join(":");
  const othersThan = async (sentinel: string): Promise<readonly string[]> => {
    const master = await masterBy(sentinel);
    return [...contract.nodes, ...contract.sentinels.filter(({ name }) => name !== sentinel)]
      .map(({ announced }) => `${announced.host}:${announced.port}`)
      .filter((address) => address !== master)
      .sort();
  };
  /** Writes while `body` runs; afterwards every acknowledged write is on every node. */
  const underLoad = async (prefix: string, body: () => Promise<void>): Promise<void> => {
    const load = new Load(contract.connection, prefix);
    try {
      await load.more(200, 20);
      await body();
      await load.more(200, 20);
    } finally {
      await load.stop();
    }
    const written = [...load.plain, ...load.confirmed].map(({ key }) => key);
    await waitFor(
      `all ${written.length} acknowledged writes on every node`,
      async () => (await missingSomewhere(contract, written)).size === 0,
      { timeoutMs: 10_000, everyMs: 250 },
    );
  };

  before(async () => {
    await project.addStack(STACK, settings);
    await deploy({});
  });
  after(() => project.dispose());

  it("a setting that servers change while they run shows in the preview as exactly that, and reaches all at once", async () => {
    const old = await containers();
    const changed = { maxmemoryMb: 64, downAfterMs: 4000, logLevel: "verbose", resolveHostnames: false };
    project.configure(STACK, { ...settings, ...changed });
    const preview = expectSuccess(await project.preview(STACK, "--diff")).output;
    assert.match(preview, /~ maxmemory +: "0mb" => "64mb"/);
    assert.match(preview, /~ down-after-milliseconds *: "3000" => "4000"/);
    assert.equal(preview.match(/~ loglevel +: "notice" => "verbose"/g)?.length, 2, preview);
    assert.match(preview, /~ resolve-hostnames +: "yes" => "no"/);
    assert.match(preview, /~ 1 to update\n +\d+ unchanged/);
    const output = await deploy(changed);
    assert.match(output, /the members have the changed settings; none was restarted/);
    assert.deepEqual(await containers(), old);
    for (const { name } of contract.nodes) {
      assert.deepEqual(await ask(name, "CONFIG", "GET", "maxmemory"), ["maxmemory", String(64 * 1024 * 1024)]);
    }
    for (const { name } of contract.sentinels) {
      const fields = (await ask(name, "SENTINEL", "MASTER", contract.masterName)) as string[];
      assert.equal(fields[fields.indexOf("down-after-milliseconds") + 1], "4000", name);
      assert.deepEqual(await ask(name, "SENTINEL", "CONFIG", "GET", "loglevel"), ["loglevel", "verbose"]);
      assert.deepEqual(await ask(name, "SENTINEL", "CONFIG", "GET", "resolve-hostnames"), ["resolve-hostnames", "no"]);
    }
    expectSuccess(await project.up(STACK, "--expect-no-changes"));
  });

  it("a value that the servers refuse fails the update with a sentence, and goes on when it is put right", async () => {
    project.configure(STACK, { ...settings, extraRedisConf: ["maxclients many"] });
    const { code, output } = await project.up(STACK);
    assert.notEqual(code, 0);
    assert.match(output, /changes-master: maxclients "many": ERR/);
    assert.doesNotMatch(output, /^\s+at .*\.ts:\d+/m, "a stack trace was shown");
    await deploy({});
  });

  it("two replicas and two Sentinels more join under load, and nobody else is touched", async () => {
    const old = await containers();
    await underLoad("joined", async () => {
      await deploy({ replicas: 4, sentinels: 5 });
    });
    assert.equal(contract.nodes.length + contract.sentinels.length, 10);
    const now = await containers();
    assert.deepEqual(Object.fromEntries(Object.keys(old).map((name) => [name, now[name]])), old);
  });

  it("the master among those that leave hands over first, and all are forgotten", async () => {
    expectSuccess(await project.command(["failover", STACK, "--to", "changes-replica-4", "--yes"]));
    left = contract.nodes.find(({ name }) => name === "changes-replica-3")!.announced;
    const old = await containers();
    const before = await masterBy("changes-sentinel-1");
    const ready = new ReadySentinels(
      contract,
      ["changes-sentinel-1", "changes-sentinel-2", "changes-sentinel-3"],
      async () => (await masterBy("changes-sentinel-1")) !== before,
    );
    await underLoad("left", async () => {
      const output = await deploy({});
      assert.match(output, /changes-replica-4 has handed the master's role over/);
    }).finally(() => ready.stop());
    assert.ok(
      ready.fewest !== undefined && ready.fewest >= 2,
      `at some moment ${ready.fewest} of the 3 Sentinels could carry out a failover:\n${ready.obstacles.join("\n")}`,
    );
    const now = await containers();
    const data = contract.nodes.map(({ name }) => name);
    assert.deepEqual(
      data.map((name) => now[name]),
      data.map((name) => old[name]),
      "a data node was touched",
    );
    for (const { name } of contract.sentinels) {
      assert.deepEqual(await knownTo(name), await othersThan(name), `what ${name} knows`);
    }
    assert.deepEqual(
      (await leftovers("changes")).filter((name) => /replica-[34]|sentinel-[45]/.test(name)),
      [],
    );
    expectSuccess(await project.up(STACK, "--expect-no-changes"));
  });

  it("a foreign Redis at the address of one that left is left alone, also in a failover", async () => {
    const { host, port } = left;
    const { NetworkSettings, Image } = await container("changes-master").inspect();
    const [network] = Object.keys(NetworkSettings.Networks);
    // Without a password, it would obey whoever comes.
    const foreign = await engine.createContainer({
      Image,
      Entrypoint: ["redis-server"],
      Cmd: ["--port", String(port), "--protected-mode", "no", "--save", ""],
      HostConfig: { NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network!]: { IPAMConfig: { IPv4Address: host } } } },
    });
    const client = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 }).on("error", () => undefined);
    try {
      await foreign.start();
      await client.set("whose", "somebody else's");
      expectSuccess(await project.command(["failover", STACK, "--yes"]));
      // Longer than Sentinel's longest periods: INFO each 10 s, a failover-timeout of 10 s.
      await holdsFor(
        "the foreign Redis is master and has its data",
        15_000,
        async () => {
          assert.equal((await client.role())[0], "master");
          assert.equal(await client.get("whose"), "somebody else's");
          return true;
        },
        { everyMs: 100 },
      );
      for (const { name } of contract.sentinels) {
        assert.deepEqual(await knownTo(name), await othersThan(name), `what ${name} knows`);
      }
    } finally {
      client.disconnect();
      await foreign.remove({ force: true });
    }
  });

  it("the topology changes to replication and back, with the data and the containers of the nodes", async () => {
    const writer = new Redis(contract.connection);
    await writer.set("kept", "through it all");
    writer.disconnect();
    const old = await containers();
    const data = contract.nodes.map(({ name }) => name);
    for (const topology of ["replication", "sentinel"]) {
      await deploy({ topology });
      assert.equal(contract.sentinels.length, topology === "sentinel" ? 3 : 0);
      const now = await containers();
      assert.deepEqual(
        data.map((name) => now[name]),
        data.map((name) => old[name]),
        `${topology}: a node was touched`,
      );
      const reader = new Redis(contract.connection);
      assert.equal(await reader.get("kept"), "through it all");
      reader.disconnect();
    }
    expectSuccess(await project.up(STACK, "--expect-no-changes"));
  });

  it("the master of a replication topology that leaves hands over too", async () => {
    await deploy({ topology: "replication", replicas: 3 });
    expectSuccess(await project.command(["promote", "changes-replica-3", "--stack", STACK, "--yes"]));
    const output = await deploy({ topology: "replication", replicas: 1 });
    assert.match(output, /changes-replica-3 is stopped, and will be removed/);
    assert.equal(contract.nodes.length, 2);
    const reader = new Redis(contract.connection);
    assert.equal(await reader.get("kept"), "through it all");
    reader.disconnect();
  });

  it("Sentinels that come in the same update as new containers take part in the master's hand-over", async () => {
    await deploy({ topology: "replication", replicas: 3 });
    // The outputs lead to one node until the Sentinels are there: what is written before must not get lost.
    const writer = new Redis(contract.connection);
    await writer.set("late", "written last");
    writer.disconnect();
    const output = await deploy({ replicas: 3, stopGraceS: 20 });
    const roles = await Promise.all(contract.nodes.map(({ name }) => ask(name, "ROLE")));
    assert.notEqual((roles[0] as unknown[])[0], "master", `nobody took over:\n${output}`);
    const reader = new Redis(contract.connection);
    assert.equal(await reader.get("late"), "written last");
    reader.disconnect();
  });

  it("a replica that leaves while it is the master, and no other member with it, is forgotten by all", async () => {
    expectSuccess(await project.command(["failover", STACK, "--to", "changes-replica-3", "--yes"]));
    await underLoad("last", async () => {
      const output = await deploy({ stopGraceS: 20 });
      assert.match(output, /changes-replica-3 has handed the master's role over/);
    });
    for (const { name } of contract.sentinels) {
      assert.deepEqual(await knownTo(name), await othersThan(name), `what ${name} knows`);
    }
  });
});
