import { splitExtraLines } from "./extraLines";
import type { DeploymentPlan } from "./plan";
import type { DeploymentSettings } from "./schema";
import { yesNo } from "./redisDirectives";

/**
 * What a running group changes without a restart: `CONFIG SET` on the data nodes, `SENTINEL SET` and
 * `SENTINEL CONFIG SET` on the Sentinels.
 *
 * Keys are directives, values their text as it stands in a configuration file.
 */
export type LiveDirectives = Readonly<Record<string, string>>;

/** The live directives of redis.conf, in the order of the settings; the same on every data node. */
export function liveRedisLines(plan: DeploymentPlan): readonly string[] {
  const s = plan.settings;
  const own = splitExtraLines(s.extraRedisConf).live;
  return [
    // Redis waits 5 s for further replicas before it syncs the first: all of them are known, so it need not guess.
    `repl-diskless-sync-max-replicas ${s.replicas}`,
    // Not before another one: to make it smaller for a moment would forget what it has.
    ...(own.some((line) => /^repl-backlog-size\s/i.test(line)) ? [] : [`repl-backlog-size ${backlogMb(s)}mb`]),
    `loglevel ${s.logLevel}`,
    `maxmemory ${s.maxmemoryMb}mb`,
    `maxmemory-policy ${s.maxmemoryPolicy}`,
    `save ${s.save === "" ? '""' : s.save}`,
    `appendonly ${yesNo(s.appendonly)}`,
    `appendfsync ${s.appendfsync}`,
    `notify-keyspace-events ${s.notifyKeyspaceEvents === "" ? '""' : s.notifyKeyspaceEvents}`,
    `min-replicas-to-write ${s.minReplicasToWrite}`,
    `min-replicas-max-lag ${s.minReplicasMaxLagS}`,
    ...own,
  ];
}

/** Megabytes of changes that a replica may miss and still go on without a full copy. */
const MOST_BACKLOG_MB = 64;

/**
 * Redis's own 1 MB is 10 s of 100 writes of 1 KiB a second; a node that is replaced is away longer. It counts as memory of
 * the data, so it is small where there is little.
 */
function backlogMb({ maxmemoryMb, memoryLimitMb }: DeploymentSettings): number {
  const memoryMb = maxmemoryMb > 0 ? maxmemoryMb : memoryLimitMb;
  return memoryMb === 0 ? MOST_BACKLOG_MB : Math.min(MOST_BACKLOG_MB, Math.max(1, Math.floor(memoryMb / 16)));
}

/** What a Sentinel has of its master, and `SENTINEL SET` takes; the same on every Sentinel. */
export function liveSentinelDirectives(plan: DeploymentPlan): LiveDirectives {
  const s = plan.settings;
  return {
    quorum: String(plan.quorum),
    "down-after-milliseconds": String(s.downAfterMs),
    "parallel-syncs": String(s.parallelSyncs),
    "failover-timeout": String(s.failoverTimeoutMs),
  };
}

/**
 * What a Sentinel has for itself, and `SENTINEL CONFIG SET` takes; the same on every Sentinel.
 *
 * Those of Redis 7.0 neither take nor show `loglevel`: they get it from their file, at their next start.
 */
export function ownSentinelDirectives(plan: DeploymentPlan): Record<"loglevel" | "resolve-hostnames", string> {
  const s = plan.settings;
  return { loglevel: s.logLevel, "resolve-hostnames": yesNo(s.resolveHostnames) };
}
