import type { DeploymentPlan, SentinelPlan } from "../plan";
import { lines, listenAddresses, yesNo } from "./redisConf";

/**
 * sentinel.conf of one Sentinel, without any secret and without the master: when it starts, the node's boot adds the
 * master that the group knows, which may not be the plan's.
 *
 * The other Sentinels are written in advance, so that the group is complete at once instead of after Sentinel's hellos.
 *
 * @param ids the fixed id of each Sentinel (40 hexadecimal digits), by its name.
 */
export function renderSentinelConf(
  plan: DeploymentPlan,
  sentinel: SentinelPlan,
  ids: Readonly<Record<string, string>>,
  dataDir: string,
): string {
  const s = plan.settings;
  const peers = plan.sentinels.filter((other) => other.name !== sentinel.name);
  return lines(
    `port ${sentinel.listenPort}`,
    `bind ${s.network === "host" ? listenAddresses(sentinel.bindAddress) : "* -::*"}`,
    `dir ${dataDir}`,
    `loglevel ${s.logLevel}`,
    `sentinel myid ${ids[sentinel.name]}`,
    `sentinel announce-ip ${sentinel.announced.host}`,
    `sentinel announce-port ${sentinel.announced.port}`,
    `sentinel resolve-hostnames ${yesNo(s.resolveHostnames)}`,
    `sentinel deny-scripts-reconfig ${yesNo(s.denyScriptsReconfig)}`,
    `sentinel down-after-milliseconds ${s.masterName} ${s.downAfterMs}`,
    `sentinel parallel-syncs ${s.masterName} ${s.parallelSyncs}`,
    `sentinel failover-timeout ${s.masterName} ${s.failoverTimeoutMs}`,
    ...peers.map(
      (peer) =>
        `sentinel known-sentinel ${s.masterName} ${peer.announced.host} ${peer.announced.port} ${ids[peer.name]}`,
    ),
  );
}
