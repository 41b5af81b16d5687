import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { addressIn, derivedSubnet, subnetsOverlap } from "../../config/addresses";
import { allMembers, defaultEngineEndpoint, endpointText, majorityOf, planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";

const LOCAL = "unix:///var/run/docker.sock";
const planOf = (overrides: DeploymentOverrides) => planDeployment(parseDeployment(overrides), LOCAL);

const hosts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `h${index + 1}`,
    endpoint: `tcp://10.0.0.${index + 1}:2375`,
    address: `10.0.0.${index + 1}`,
  }));

/** Any settings that are valid, as far as the plan depends on them. */
const anySettings = fc
  .record({
    topology: fc.constantFrom("sentinel" as const, "replication" as const),
    network: fc.constantFrom("bridge" as const, "host" as const),
    replicas: fc.integer({ min: 0, max: 20 }),
    sentinels: fc.constantFrom(1, 3, 5, 7, 15),
    redisPort: fc.integer({ min: 1, max: 20_000 }),
    hostCount: fc.integer({ min: 0, max: 5 }),
    bindAddress: fc.constantFrom("127.0.0.1", "0.0.0.0", "10.1.2.3"),
  })
  .map(({ hostCount, ...rest }) => ({ ...rest, sentinelPort: rest.redisPort + 100, hosts: hosts(hostCount) }));

describe("plan", () => {
  it("gives the names and ports of the compose files that it replaces", () => {
    const plan = planOf({});
    assert.deepEqual(
      allMembers(plan).map(({ name, reached }) => [name, endpointText(reached)]),
      [
        ["redis-master", "127.0.0.1:6380"],
        ["redis-replica-1", "127.0.0.1:6381"],
        ["redis-replica-2", "127.0.0.1:6382"],
        ["redis-sentinel-1", "127.0.0.1:26379"],
        ["redis-sentinel-2", "127.0.0.1:26380"],
        ["redis-sentinel-3", "127.0.0.1:26381"],
      ],
    );
    assert.equal(plan.quorum, 2);
    assert.deepEqual(
      plan.networks.map(({ name }) => name),
      ["redis"],
    );
  });

  it("brings the old names back by one setting", () => {
    assert.deepEqual(
      planOf({ replicaSuffix: "slave" }).nodes.map(({ name }) => name),
      ["redis-master", "redis-slave-1", "redis-slave-2"],
    );
  });

  it("has no Sentinels, and no quorum, in the replication topology", () => {
    const plan = planOf({ topology: "replication" });
    assert.deepEqual([plan.sentinels, plan.quorum, plan.nodes.length], [[], 0, 3]);
  });

  it("announces addresses of the network on one engine, and the hosts' own on several", () => {
    assert.equal(endpointText(planOf({ subnet: "10.9.8.0/24" }).nodes[1]!.announced), "10.9.8.12:6379");
    assert.equal(endpointText(planOf({ hosts: hosts(2) }).nodes[1]!.announced), "10.0.0.2:6381");
    assert.equal(endpointText(planOf({ network: "host" }).nodes[1]!.announced), "127.0.0.1:6381");
  });

  it("uses the engine of DOCKER_HOST, else the local socket", () => {
    assert.equal(defaultEngineEndpoint({ DOCKER_HOST: "tcp://10.0.0.9:2375" }), "tcp://10.0.0.9:2375");
    assert.equal(defaultEngineEndpoint({}), LOCAL);
    assert.equal(defaultEngineEndpoint({ DOCKER_HOST: "" }), LOCAL);
  });

  it("is the same for the same settings", () => {
    fc.assert(fc.property(anySettings, (settings) => assert.deepEqual(planOf(settings), planOf(settings))));
  });

  it("has one initial master, the planned members, and no name, volume, host port or address twice", () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        const plan = planOf(settings);
        assert.equal(plan.nodes.filter(({ initialRole }) => initialRole === "master").length, 1);
        assert.equal(plan.nodes.length, settings.replicas + 1);
        assert.equal(plan.sentinels.length, settings.topology === "sentinel" ? settings.sentinels : 0);
        const members = allMembers(plan);
        for (const key of [
          (m: (typeof members)[number]) => m.name,
          (m: (typeof members)[number]) => m.volume,
          (m: (typeof members)[number]) => `${m.engine.endpoint} ${m.hostPort}`,
          (m: (typeof members)[number]) => endpointText(m.announced),
          (m: (typeof members)[number]) => `${m.engine.endpoint} ${m.attachment?.address ?? m.name}`,
        ]) {
          assert.equal(new Set(members.map(key)).size, members.length);
        }
      }),
    );
  });

  it("keeps every member's place and address when members are added", () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        const before = planOf({ ...settings, replicas: Math.min(settings.replicas, 19), sentinels: 3 });
        const after = planOf({ ...settings, replicas: Math.min(settings.replicas, 19) + 1, sentinels: 5 });
        assert.deepEqual(after.nodes.slice(0, before.nodes.length), before.nodes);
        assert.deepEqual(after.sentinels.slice(0, before.sentinels.length), before.sentinels);
      }),
    );
  });

  it("keeps a majority of the Sentinels, and a data node, after the loss of any one of three or more hosts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 7 }),
        fc.constantFrom(3, 5, 7, 9, 11, 13, 15),
        fc.integer({ min: 1, max: 20 }),
        (count, sentinels, replicas) => {
          const plan = planOf({ hosts: hosts(count), sentinels, replicas });
          for (const { endpoint } of hosts(count)) {
            const left = plan.sentinels.filter(({ engine }) => engine.endpoint !== endpoint).length;
            assert.ok(left >= majorityOf(sentinels) && left >= plan.quorum, `${left} of ${sentinels} left`);
            assert.ok(plan.nodes.some(({ engine }) => engine.endpoint !== endpoint));
          }
        },
      ),
    );
  });

  it("takes the majority as quorum unless one is set", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), (sentinels) => {
        const { quorum } = planOf({ sentinels });
        assert.ok(quorum * 2 > sentinels && (quorum - 1) * 2 <= sentinels);
      }),
    );
    assert.equal(planOf({ sentinels: 5, quorum: 2 }).quorum, 2);
  });
});

describe("addresses", () => {
  it("derives different networks for port bases at least 8 and less than 2048 apart", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 8, max: 2040 }), (port, distance) => {
        assert.equal(subnetsOverlap(derivedSubnet(port), derivedSubnet(port + distance)), false);
      }),
    );
  });

  it("counts addresses inside the network", () => {
    assert.equal(addressIn("172.30.29.0/24", 101), "172.30.29.101");
  });
});
