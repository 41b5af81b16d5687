import { bytesText } from "../units";

/** Keys of one database. */
export interface DatabaseSize {
  readonly keys: number;
  /** Those of them that expire. */
  readonly expiring: number;
}

/** What there is to know about the server that has the data. */
export interface SourceFacts {
  readonly name: string;
  readonly runId: string;
  readonly version: string;
  readonly mode: string;
  readonly databases: ReadonlyMap<number, DatabaseSize>;
  readonly usedMemoryBytes: number;
  readonly minReplicasMaxLag: number;
  /** Whether it has the key by which a deployment that is just being filled is known. */
  readonly marked: boolean;
}

/** What there is to know about the new deployment's master. */
export interface TargetFacts {
  readonly name: string;
  readonly deployment: string;
  readonly runId: string;
  readonly databases: ReadonlyMap<number, DatabaseSize>;
  /** How many databases it has, empty ones included. */
  readonly databaseCount: number;
  readonly maxmemoryBytes: number;
  /** What an earlier copy that did not come to its end left behind: where it came from. */
  readonly unfinishedFrom?: string;
}

/** The first version that can hold writes back, and let reads go on. */
const OLDEST = [6, 2] as const;

/** Why the one's data cannot be carried into the other; empty when it can. Pure. */
export function whyNot(source: SourceFacts, target: TargetFacts): readonly string[] {
  if (source.runId === target.runId) {
    return [`${source.name} is ${target.name} itself; name the server that has the data now`];
  }
  const highest = Math.max(-1, ...source.databases.keys());
  const present = keysIn(target.databases);
  return [
    ...(source.mode === "standalone"
      ? []
      : [`${source.name} runs in the mode "${source.mode}"; only a single master's data can be carried over`]),
    ...(isOlder(source.version)
      ? [
          `${source.name} is Redis ${source.version}; this needs ${OLDEST.join(".")} or newer. Upgrade it first, or restore a backup of it`,
        ]
      : []),
    ...(source.minReplicasMaxLag > 0
      ? []
      : [
          `${source.name} has min-replicas-max-lag 0, so it could not be closed for writes at the end; fix: CONFIG SET min-replicas-max-lag 10`,
        ]),
    ...(source.marked ? [`${source.name} is itself being filled by a migration; let that come to its end first`] : []),
    ...(highest < target.databaseCount
      ? []
      : [
          `${source.name} has keys in database ${highest}, and ${target.deployment} has only the databases 0 to ${target.databaseCount - 1}; fix: extraRedisConf ["databases ${highest + 1}"]`,
        ]),
    ...(target.maxmemoryBytes === 0 || target.maxmemoryBytes >= source.usedMemoryBytes
      ? []
      : [
          `${source.name} uses ${bytesText(source.usedMemoryBytes)}, and ${target.deployment} may use ${bytesText(target.maxmemoryBytes)}; raise the setting maxmemoryMb`,
        ]),
    ...(present === 0 || target.unfinishedFrom !== undefined
      ? []
      : [
          `${target.deployment} has ${present === 1 ? "a key" : `${present} keys`} already, and nothing is mixed or overwritten; use an empty deployment, or empty this one, if it has nothing of worth: npm run -s connect -- FLUSHALL`,
        ]),
  ];
}

export const keysIn = (databases: ReadonlyMap<number, DatabaseSize>): number =>
  [...databases.values()].reduce((sum, { keys }) => sum + keys, 0);

/** Keys that do not expire: only their number is the same on both sides at every moment. */
export const lastingIn = (size: DatabaseSize | undefined): number =>
  size === undefined ? 0 : size.keys - size.expiring;

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
