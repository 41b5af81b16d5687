import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { settingNames, type DeploymentOverrides } from "../../config/schema";
import { settingChanges, type SettingChange } from "../../config/settingChanges";
import { containersOf, deploy, ofType, type Registered } from "./components.support";

/** What is deployed first: small, with a subnet and limits of its own, so that each setting changes nothing but itself. */
const before: DeploymentOverrides = {
  replicas: 1,
  sentinels: 2,
  subnet: "172.30.200.0/24",
  minReplicasToWrite: 1,
  memoryLimitMb: 512,
  sentinelMemoryLimitMb: 64,
  maxmemoryMb: 128,
  cpuShares: 512,
  cpuSet: "0",
};

/** Another value of each setting. */
const others: Readonly<Required<DeploymentOverrides>> = {
  topology: "replication",
  name: "other",
  replicas: 2,
  sentinels: 3,
  image: "redis:7.0.15",
  masterName: "other",
  masterSuffix: "primary",
  replicaSuffix: "slave",
  sentinelSuffix: "watcher",
  password: "sixteen-or-more-characters",
  previousPassword: "sixteen-or-more-characters-2",
  appKeys: ["cart:*"],
  users: [{ name: "reports", keys: ["report:*"], commands: ["@read"] }],
  defaultUser: true,
  rotations: ["admin:1+previous"],
  network: "host",
  subnet: "172.30.201.0/24",
  redisPort: 7380,
  sentinelPort: 27379,
  bindAddress: "0.0.0.0",
  hosts: [1, 2, 3].map((at) => ({ name: `h${at}`, endpoint: `tcp://10.0.0.${at}:2375`, address: `10.0.0.${at}` })),
  quorum: 1,
  downAfterMs: 700,
  parallelSyncs: 2,
  failoverTimeoutMs: 9000,
  denyScriptsReconfig: false,
  resolveHostnames: false,
  logLevel: "debug",
  maxmemoryMb: 64,
  maxmemoryPolicy: "allkeys-lru",
  save: "",
  appendonly: true,
  appendfsync: "always",
  minReplicasToWrite: 0,
  minReplicasMaxLagS: 5,
  extraRedisConf: ["slowlog-max-len 77"],
  memoryLimitMb: 1024,
  sentinelMemoryLimitMb: 128,
  cpuShares: 256,
  cpuSet: "1",
  restart: "always",
  logMaxSizeMb: 5,
  logMaxFiles: 5,
  stopGraceS: 60,
  dataVolumes: "protect",
  checkTimeoutS: 30,
};

/** Inputs of a container that the provider changes while it runs; all others make a new one. */
const IN_PLACE = ["memory", "memorySwap", "cpuShares", "cpuSet", "restart"];

/** A change of the environment, the word on the group, is told to the running member instead. */
const fixed = (inputs: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...inputs, ...Object.fromEntries([...IN_PLACE, "envs"].map((name) => [name, undefined])) });
const changeable = (inputs: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(IN_PLACE.map((name) => inputs[name]));

const settingsOf = (all: readonly Registered[]): string =>
  JSON.stringify(ofType(all, "redis-on-docker:index:GroupSettings").map(({ inputs }) => inputs));
const networksOf = (all: readonly Registered[]) => ofType(all, "docker:index/network:Network");
const identityOf = ({ inputs }: Registered): string =>
  JSON.stringify((inputs.labels as { label: string }[]).filter(({ label }) => label.endsWith(".identity")));
/** What the difference of the resources makes of a running deployment. */
function changeOf(old: readonly Registered[], now: readonly Registered[]): SettingChange {
  const pairs = containersOf(old).flatMap((container) => {
    const same = containersOf(now).find(({ name }) => name === container.name);
    return same === undefined ? [] : [[container, same] as const];
  });
  const replaced = pairs.filter(([from, to]) => fixed(from.inputs) !== fixed(to.inputs));
  const [less, more] = [containersOf(old).length - pairs.length, containersOf(now).length - pairs.length];
  if (less > 0 && more > 0) {
    return "refused";
  }
  if (less > 0 || more > 0) {
    assert.deepEqual(replaced, [], "members that stay are replaced");
    return "members";
  }
  const network = networksOf(old).find(({ name, inputs }) =>
    networksOf(now).some((other) => other.name === name && JSON.stringify(other.inputs) !== JSON.stringify(inputs)),
  );
  if (network !== undefined) {
    return "refused";
  }
  if (pairs.some(([from, to]) => identityOf(from) !== identityOf(to))) {
    return "at once";
  }
  const isLive = settingsOf(old) !== settingsOf(now);
  if (replaced.length > 0) {
    const onlySentinels = replaced.every(([{ name }]) => name.includes("sentinel"));
    return onlySentinels ? "Sentinels" : "one at a time";
  }
  if (pairs.some(([from, to]) => changeable(from.inputs) !== changeable(to.inputs))) {
    return "in place";
  }
  return isLive ? "live" : "none";
}

describe("what a changed setting does to a running deployment", () => {
  let old: readonly Registered[];
  it("is known of a deployment that does not change", async () => {
    old = await deploy(before);
    assert.equal(changeOf(old, await deploy(before)), "none");
  });
  for (const name of settingNames) {
    it(`${name}: ${settingChanges[name]}`, async () => {
      const needed = name === "previousPassword" ? { password: others.password } : {};
      const now = await deploy({ ...before, ...needed, [name]: others[name] });
      assert.equal(changeOf(old, now), settingChanges[name]);
    });
  }
});
