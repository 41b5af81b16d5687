import type { ContractMember } from "../outputs/contract";
import type { Failure } from "./failures";

/** What to do about a finding: whole sentences with commands that can be copied. */

const logs = (name: string): string => `look at \`npm run logs -- ${name}\``;

/** A member that does not answer. */
export function bringBack({ name }: ContractMember, { kind, container }: Failure): string {
  switch (container?.status) {
    case "paused":
      return `its container is paused: \`docker unpause ${name}\` on its host`;
    case "absent":
      return `its container is gone: run \`pulumi up --refresh\` (or \`npm run up\`), which makes it anew`;
    case "created":
    case "exited":
    case "dead":
      return `its container is stopped (exit code ${container.exitCode}): run \`pulumi up --refresh\` (or \`npm run up\`) to bring it back, and ${logs(name)} for why it stopped`;
    case "restarting":
      return `its container ends with exit code ${container.exitCode} each time it is started: ${logs(name)} for why, then run \`npm run up\``;
    case "running":
    case "removing":
    case undefined:
  }
  switch (kind) {
    case "refused":
      return `its container is stopped or gone, or its server has not started: run \`pulumi up --refresh\` (or \`npm run up\`) to bring it back, and ${logs(name)} for why it stopped`;
    case "silent":
      return `its container is paused, or its host is down or cut off: see \`docker ps -a --filter name=${name}\` on its host, \`docker unpause ${name}\` or bring the host back, then run \`npm run up\``;
    case "closed":
      return `its container runs, but the server in it does not yet or keeps stopping: ${logs(name)}`;
    case "denied":
      return `it has another password of the user admin than the stack's outputs: run \`npm run up\`, which gives all members the same ones`;
    case "full":
      return `end clients that hold connections they do not need, or raise the limit: at once with \`npm run -s connect -- --node ${name} CONFIG SET maxclients 20000\`, for good with a line \`maxclients 20000\` in \`extraRedisConf\`, then \`npm run up\``;
    case "untrusted":
      return `it shows another certificate than the stack's: run \`npm run up\`, which brings all members theirs, and renews those that have ended`;
    case "error":
      return `${logs(name)}, then run \`npm run up\``;
  }
}

export const waitForLoading = (name: string): string =>
  `it has come no further for \`checkTimeoutS\`, or was seen in the middle of it: ${logs(name)}, then run \`npm run verify\` again`;

/** A node that cannot write its files. */
export const makeRoom = (name: string): string =>
  `make room on its host's disk (\`docker system df\` shows what takes it), and ${logs(name)}; it takes writes again by itself, and until then \`npm run failover\` moves the master's role to another node`;

/** A node whose server could not load all of its append-only file. */
export const giveLoaderRights = (name: string): string =>
  `before it is stopped, run \`npm run -s connect -- --node ${name} ACL SETUSER default off "~*" "&*" "+@all"\` (nobody can log in as a user that is off), then \`npm run up\``;

/** A node that has loaded its append-only file without what it dropped. */
export const bringBackDropped = (name: string): string =>
  `restore what is missing from a backup, or from the data that another node set aside (docs/upgrade.md, "An append-only file from before"); \`npm run -s connect -- --node ${name} ACL LOG RESET\` ends this finding`;

/** Whether a member waits for room on its disk (node/lib-room.sh). */
export const isAboutDisk = (reason: string): boolean => /\bdisk is full\b/.test(reason);

/** A node whose server is not started; its reason says what it waits for (node/lib-damage.sh, node/lib-room.sh). */
export function letStart(name: string, reason: string): string {
  if (isAboutDisk(reason)) {
    return `make room on its host's disk (\`docker system df\` shows what takes it): it starts by itself then, with its data as it is`;
  }
  // It has said what to do itself (node/lib-module-data.sh).
  if (reason.includes("set `") || reason.includes("change its `")) {
    return "do what it says, then `npm run up`";
  }
  const mend = /docker exec \S+ sh \S+ mend( --without-data)?/.exec(reason)?.[0];
  if (mend === undefined) {
    return `${logs(name)} for what it waits for, then run \`npm run up\``;
  }
  const others =
    "where another node has the data, wait, or bring that one back (`npm run up`; without Sentinels `npm run promote -- NAME`): this one is filled again by itself";
  return `${others}. Where none has it: on its host, \`${mend}\`; what was there stays in the volume, in the folder set-aside`;
}

/** A master beside the one that the Sentinels name. */
export const demoteStray = (name: string): string =>
  `Sentinel makes it a replica within about 10 s; if it stays master, nothing that was written to it is safe: ${logs(name)}, then run \`docker restart ${name}\` on its host`;

/** Several masters, and no Sentinel to decide. */
export const chooseMaster = (): string =>
  "decide which one has the data that counts and run `npm run promote -- NAME`, which makes the others follow it";

/** No master at all. */
export const findMaster = (hasSentinels: boolean): string =>
  hasSentinels
    ? "a failover may be under way: run `npm run verify` again in a minute; if there is still none, see `npm run status` and the Sentinels' logs (`npm run logs`)"
    : "choose the node with the newest data (docs/boot.md says how to find it) and run `npm run promote -- NAME`";

/** A node that waits for its role, or a Sentinel for a master to watch. */
export const settleRole = (name: string, topology: "sentinel" | "replication", reason = ""): string => {
  if (reason === "") {
    return `it may have just started: run \`npm run status\` again; ${logs(name)} for what it waits for`;
  }
  if (topology === "replication") {
    return "bring the missing nodes back with `npm run up`, or choose the node with the newest data (docs/boot.md says how to find it) and run `npm run promote -- NAME`";
  }
  return `bring the members that it names back with \`npm run up\`; if they are lost for good, choose the node with the newest data (docs/boot.md says how to find it) and make it master by hand, \`npm run -s connect -- --node NAME REPLICAOF NO ONE\`: what only the lost ones had is gone then`;
};

/** A node whose role or master is not what the group says. */
export const rejoin = (name: string): string =>
  `a failover may be under way, so run \`npm run verify\` again; if it stays, ${logs(name)} and run \`docker restart ${name}\` on its host: its boot asks the group for its role`;

/** A replica whose link or data is not in order. */
export const resync = (name: string): string =>
  `${logs(name)} for why it does not keep up (disk, memory, network); a copy that goes on is waited for, one that has come no further for \`checkTimeoutS\` is not`;

/** A replica or Sentinel that the deployment does not have. */
export const removeStranger = (address: string): string =>
  `nothing of this deployment is at ${address}: stop what runs there (or make it follow nobody, \`REPLICAOF NO ONE\`); a Sentinel forgets it once its lines are taken out of its state file while that one Sentinel is stopped`;

/** A Sentinel whose knowledge of the group is not complete. */
export const informSentinel = (name: string): string =>
  `${logs(name)}; if it stays, run \`docker restart ${name}\` on its host: it takes the group's facts from the others`;

/** A Sentinel whose settings are not the stack's. */
export const applySettings = (): string => "run `npm run up` to apply the stack's settings";

/** Too few Sentinels for a failover. */
export const restoreQuorum = (): string =>
  "no failover is possible like this: bring the missing Sentinels back with `npm run up`";

/** A member that lets strangers in. */
export const lockUp = (name: string): string =>
  `whoever reaches it can read and change everything: remove the container (\`docker rm -f ${name}\` on its host) and run \`npm run up\`, which gives it the generated password`;

/** A master that has too few replicas for `minReplicasToWrite`. */
export const bringReplicas = (): string =>
  "too few replicas are in sync for `minReplicasToWrite`: bring replicas back with `npm run up`, or ask for fewer (`pulumi config set minReplicasToWrite 0`, then `npm run up`)";

/** The write probe failed on the master. */
export const allowWrites = (name: string, message: string): string => {
  if (message.startsWith("NOREPLICAS")) {
    return bringReplicas();
  }
  if (message.startsWith("OOM")) {
    return "it is full: raise `maxmemoryMb` or choose another `maxmemoryPolicy` (`pulumi config set maxmemoryPolicy allkeys-lru`), then `npm run up`";
  }
  if (message.startsWith("READONLY")) {
    return "its role has just changed: run `npm run verify` again";
  }
  return `${logs(name)}${message.startsWith("MISCONF") ? ": it cannot save its data to disk" : ""}`;
};

/** A client from outside the Docker network does not get to the master. */
export const fixOutside = (hasSentinels: boolean): string =>
  hasSentinels
    ? "the addresses in the outputs `connection` and `natMap` do not lead to the group: run `npm run up` to bring them up to date, and check what stands between this machine and the published ports"
    : "the output `connection` names another node than the master: run `npm run up` to bring it up to date, and check what stands between this machine and the published ports";

/** A client from inside the Docker network does not get to the master. */
export const fixInside = (): string =>
  "applications on the Docker network will not get there either: run `npm run up`, and check that the Docker engine answers (`npm run doctor`)";
