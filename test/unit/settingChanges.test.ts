import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { settingNames, type DeploymentOverrides, type SettingName } from "../../config/schema";
import { settingChanges, type SettingChange } from "../../config/settingChanges";
import { changedPaths } from "../../ops/preview/paths";
import { makeCertificate } from "../support/makeCertificate";
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

/** Certificates of one's own, for the members of that deployment. */
const authority = makeCertificate({ name: "an authority", authority: true });
const [own, another] = ["redis", "redis-again"].map((name) => {
  const { certificate, key } = makeCertificate({
    name,
    by: authority,
    dnsNames: ["redis-master", "redis-replica-1", "redis-sentinel-1", "redis-sentinel-2"],
    ipAddresses: ["127.0.0.1", ...[11, 12, 101, 102].map((at) => `172.30.200.${at}`)],
  });
  return { tls: true, tlsAuthorities: authority.certificate, tlsCertificate: certificate, tlsKey: key };
}) as [DeploymentOverrides, DeploymentOverrides];

/** What else must be so before, and what changes with it, where a setting means nothing alone. */
const beside: Readonly<Partial<Record<SettingName, { before: DeploymentOverrides; after?: DeploymentOverrides }>>> = {
  previousPassword: { before: { password: "sixteen-or-more-characters" } },
  tlsClientCertificates: { before: { tls: true } },
  tlsValidityDays: { before: { tls: true } },
  tlsRenewDays: { before: { tls: true } },
  tlsAuthorities: { before: own },
  tlsCertificate: { before: own, after: another },
  tlsKey: { before: own, after: another },
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
  appCommands: ["flushdb"],
  users: [{ name: "reports", keys: ["report:*"], commands: ["@read"] }],
  defaultUser: true,
  rotations: ["admin:1+previous"],
  network: "host",
  subnet: "172.30.201.0/24",
  redisPort: 7380,
  sentinelPort: 27379,
  bindAddress: "0.0.0.0",
  hosts: [1, 2, 3].map((at) => ({ name: `h${at}`, endpoint: `tcp://10.0.0.${at}:2375`, address: `10.0.0.${at}` })),
  tls: true,
  tlsClientCertificates: "required",
  tlsValidityDays: 90,
  tlsRenewDays: 10,
  tlsAuthorities: makeCertificate({ name: "another authority", authority: true }).certificate + authority.certificate,
  tlsCertificate: another.tlsCertificate!,
  tlsKey: another.tlsKey!,
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
  notifyKeyspaceEvents: "Egx",
  minReplicasToWrite: 0,
  minReplicasMaxLagS: 5,
  modules: false,
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
  it("is known of a deployment that does not change", async () => {
    assert.equal(changeOf(await deploy(before), await deploy(before)), "none");
  });
  for (const name of settingNames) {
    it(`${name}: ${settingChanges[name]}`, async () => {
      const first = { ...before, ...beside[name]?.before };
      const old = await deploy(first);
      const now = await deploy({ ...first, [name]: others[name], ...beside[name]?.after });
      assert.equal(changeOf(old, now), settingChanges[name]);
    });
  }

  it("a command that is given, or taken away, is a path of its own: a preview names paths, and no values", async () => {
    const reports = { name: "reports", keys: ["report:*"], commands: ["@read"] };
    const settingsWith = async (overrides: DeploymentOverrides) => {
      const all = await deploy({ ...before, users: [reports], ...overrides });
      return { inputs: ofType(all, "redis-on-docker:index:GroupSettings")[0]!.inputs };
    };
    const [without, given] = [
      await settingsWith({}),
      await settingsWith({
        appCommands: ["+FLUSHDB", "client|list"],
        users: [{ ...reports, commands: ["@read", "keys"] }],
      }),
    ];
    const paths = (old: typeof given, now: typeof given) =>
      changedPaths({ op: "update", urn: "", old, new: now }).paths.filter((path) => path.startsWith("users."));
    const named = ["app.client list", "app.flushdb", "reports.keys"].map((path) => `users.commands.${path}`);
    assert.deepEqual(paths(without, given), [...named, "users.own"]);
    assert.deepEqual(paths(given, without), [...named, "users.own"]);
  });
});
