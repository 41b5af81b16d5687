import { endpointText, type DeploymentPlan, type NodePlan } from "../plan";

/**
 * redis.conf of a data node, without any secret and without a role: the node's boot adds both when it starts.
 *
 * `replica-priority 0` keeps a replica from being promoted before its first sync: Sentinel would choose it, since a
 * link that was never up counts as down for -1 seconds.
 */
export function renderRedisConf(plan: DeploymentPlan, node: NodePlan, dataDir: string): string {
  const s = plan.settings;
  return lines(
    `# ${node.name} (${endpointText(node.announced)})`,
    `port ${node.listenPort}`,
    `bind ${plan.settings.network === "host" ? listenAddresses(node.bindAddress) : "* -::*"}`,
    `dir ${dataDir}`,
    `replica-announce-ip ${node.announced.host}`,
    `replica-announce-port ${node.announced.port}`,
    "replica-priority 0",
    "replica-read-only yes",
    // Redis waits 5 s for further replicas before it syncs the first: all of them are known, so it need not guess.
    "repl-diskless-sync-delay 1",
    `repl-diskless-sync-max-replicas ${s.replicas}`,
    `loglevel ${s.logLevel}`,
    `maxmemory ${s.maxmemoryMb}mb`,
    `maxmemory-policy ${s.maxmemoryPolicy}`,
    `save ${s.save === "" ? '""' : s.save}`,
    `appendonly ${yesNo(s.appendonly)}`,
    `appendfsync ${s.appendfsync}`,
    `min-replicas-to-write ${s.minReplicasToWrite}`,
    `min-replicas-max-lag ${s.minReplicasMaxLagS}`,
    ...s.extraRedisConf,
  );
}

/** On the host's network the node's own scripts still reach it on the loopback address. */
export function listenAddresses(bindAddress: string): string {
  return bindAddress === "0.0.0.0" ? "0.0.0.0" : [...new Set([bindAddress, "127.0.0.1"])].join(" ");
}

export const yesNo = (value: boolean): string => (value ? "yes" : "no");

export const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
