import type { SettingName } from "./schema";

/**
 * What a changed setting does to a running deployment.
 *
 * - `live`: the servers change while they run; nothing is restarted.
 * - `in place`: the engine changes the running containers.
 * - `members`: members are added, or hand over and are removed; the others are not touched.
 * - `one at a time`: containers are replaced, one after the other, the master last and after a hand-over.
 * - `Sentinels`: the same, for the Sentinels only.
 * - `at once`: members with the old and the new value cannot be one group: all are replaced together, with an interruption.
 * - `refused`: the preview says why; it takes a new deployment.
 * - `none`: only what the next commands do changes.
 */
export type SettingChange =
  "live" | "in place" | "members" | "one at a time" | "Sentinels" | "at once" | "refused" | "none";

/** By setting; a test compares each with what the program really does to its resources. */
export const settingChanges: Readonly<Record<SettingName, SettingChange>> = {
  topology: "members",
  name: "refused",
  replicas: "members",
  sentinels: "members",
  image: "one at a time",
  masterName: "at once",
  masterSuffix: "refused",
  replicaSuffix: "refused",
  sentinelSuffix: "refused",
  password: "live",
  previousPassword: "live",
  appKeys: "live",
  appCommands: "live",
  users: "live",
  defaultUser: "live",
  rotations: "live",
  network: "at once",
  subnet: "refused",
  redisPort: "one at a time",
  sentinelPort: "Sentinels",
  bindAddress: "one at a time",
  hosts: "at once",
  tls: "at once",
  tlsClientCertificates: "one at a time",
  tlsValidityDays: "live",
  tlsRenewDays: "live",
  tlsAuthorities: "live",
  tlsCertificate: "live",
  tlsKey: "live",
  quorum: "live",
  downAfterMs: "live",
  parallelSyncs: "live",
  failoverTimeoutMs: "live",
  denyScriptsReconfig: "Sentinels",
  resolveHostnames: "live",
  logLevel: "live",
  maxmemoryMb: "live",
  maxmemoryPolicy: "live",
  save: "live",
  appendonly: "live",
  appendfsync: "live",
  notifyKeyspaceEvents: "live",
  minReplicasToWrite: "live",
  minReplicasMaxLagS: "live",
  modules: "one at a time",
  extraRedisConf: "live",
  memoryLimitMb: "in place",
  sentinelMemoryLimitMb: "in place",
  cpuShares: "in place",
  cpuSet: "in place",
  restart: "in place",
  logMaxSizeMb: "one at a time",
  logMaxFiles: "one at a time",
  stopGraceS: "one at a time",
  dataVolumes: "none",
  checkTimeoutS: "none",
};
