import { splitExtraLines } from "../extraLines";
import { portLines } from "./tlsConf";
import { endpointText, type DeploymentPlan, type NodePlan } from "../plan";

/**
 * redis.conf of a data node: what the server reads when it starts only. Without any secret and without a role, which
 * the node's boot adds, and without what can change while it runs (see `renderGroupEnv`).
 *
 * `replica-priority 0` keeps a replica from being promoted before its first sync: Sentinel would choose it, since a
 * link that was never up counts as down for -1 seconds.
 *
 * `replica-ignore-disk-write-errors yes` keeps a replica that cannot write its files as a copy in memory: by Redis's
 * default it ends at its master's next write, and at the one after it came back. It does not count as well meanwhile
 * (MISCONF, also to Sentinel).
 */
export function renderRedisConf(plan: DeploymentPlan, node: NodePlan, dataDir: string): string {
  return lines(
    `# ${node.name} (${endpointText(node.announced)})`,
    ...portLines(node.listenPort, plan.settings),
    `bind ${plan.settings.network === "host" ? listenAddresses(node.bindAddress) : "* -::*"}`,
    `dir ${dataDir}`,
    `replica-announce-ip ${node.announced.host}`,
    `replica-announce-port ${node.announced.port}`,
    "replica-priority 0",
    "replica-read-only yes",
    "replica-ignore-disk-write-errors yes",
    "repl-diskless-sync-delay 1",
    ...splitExtraLines(plan.settings.extraRedisConf).atStart,
  );
}

/** On the host's network the node's own scripts still reach it on the loopback address. */
export function listenAddresses(bindAddress: string): string {
  return bindAddress === "0.0.0.0" ? "0.0.0.0" : [...new Set([bindAddress, "127.0.0.1"])].join(" ");
}

export const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
