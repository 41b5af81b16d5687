import { infoOf, partsOf, versionOf, type Fields } from "../../checks/replies";
import { reasonOf } from "../../config/reason";
import { UserError } from "../../config/userError";
import { type DatabaseSize, type SourceFacts, type TargetFacts } from "./fits";
import { MARKER } from "./ownKeys";
import { askOne, type Side } from "./side";

/** What INFO says, all sections; a Sentinel answers, too. */
export async function infoFrom({ name, redis }: Side): Promise<Fields> {
  try {
    return infoOf(await redis.info());
  } catch (error) {
    throw new UserError(`${name} does not answer INFO: ${reasonOf(error)}`);
  }
}

/** @throws UserError when it follows another server. */
export async function requireMaster(side: Side): Promise<void> {
  const { role, master_host: host, master_port: port } = await infoFrom(side);
  if (role !== "master") {
    throw new UserError(`${side.name} is no master any more: its master is ${host}:${port}; start again`);
  }
}

/** One number among a server's settings. */
export async function numberSetting(side: Side, name: string): Promise<number> {
  const reply = await askOne(side, "CONFIG", "GET", name);
  return Number(Array.isArray(reply) ? String(reply[1]) : Number.NaN);
}

export async function sourceFacts(side: Side): Promise<SourceFacts> {
  const info = await infoFrom(side);
  return {
    name: side.name,
    runId: info.run_id ?? "",
    version: versionOf(info),
    mode: info.redis_mode ?? "standalone",
    databases: databasesIn(info),
    usedMemoryBytes: Number(info.used_memory),
    minReplicasMaxLag: await numberSetting(side, "min-replicas-max-lag"),
    marked: (await askOne(side, "EXISTS", MARKER)) === 1,
  };
}

export async function targetFacts(side: Side, deployment: string): Promise<TargetFacts> {
  const info = await infoFrom(side);
  const marker = (await askOne(side, "TYPE", MARKER))?.toString();
  return {
    name: side.name,
    deployment,
    runId: info.run_id ?? "",
    databases: databasesIn(info),
    databaseCount: await numberSetting(side, "databases"),
    maxmemoryBytes: Number(info.maxmemory),
    ...(marker === "none"
      ? {}
      : { unfinishedFrom: marker === "string" ? String(await askOne(side, "GET", MARKER)) : "?" }),
  };
}

/** `db0:keys=12,expires=3,...`: the databases that are not empty. Pure. */
export function databasesIn(info: Fields): ReadonlyMap<number, DatabaseSize> {
  return new Map(
    Object.entries(info).flatMap(([name, value]): [number, DatabaseSize][] => {
      const database = /^db(\d+)$/.exec(name)?.[1];
      if (database === undefined) {
        return [];
      }
      const { keys, expires } = partsOf(value);
      return [[Number(database), { keys: Number(keys), expiring: Number(expires) }]];
    }),
  );
}
