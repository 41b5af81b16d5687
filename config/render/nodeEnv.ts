import { REPLICA_PRIORITY, type DeploymentPlan, type NodePlan, type SentinelPlan } from "../plan";
import { yesNo } from "../redisDirectives";
import { lines } from "./redisConf";

/** Seconds that a starting node waits for a majority of the Sentinels before it looks at its own disk. */
const BOOT_WAIT_S = 20;

/** What a member's scripts know about themselves: shell assignments for `node.env`, for the life of a container; no secrets. */
export function renderNodeEnv(
  plan: DeploymentPlan,
  member: NodePlan | SentinelPlan,
  dataDir: string,
  sentinelId?: string,
): string {
  const facts: Readonly<Record<string, string | number>> = {
    KIND: member.kind,
    DEPLOYMENT: plan.name,
    NODE_NAME: member.name,
    ADDRESS: member.announced.host,
    PORT: member.announced.port,
    LISTEN_ADDRESS: "127.0.0.1",
    LISTEN_PORT: member.listenPort,
    MASTER_NAME: plan.settings.masterName,
    REPLICA_PRIORITY,
    TLS: yesNo(plan.settings.tls),
    ...(member.kind === "data" ? { MODULES: yesNo(plan.settings.modules) } : {}),
    DATA_DIR: dataDir,
    BOOT_WAIT_S,
    STOP_GRACE_S: plan.settings.stopGraceS,
    ...(sentinelId === undefined ? {} : { MY_ID: sentinelId }),
  };
  return lines(...Object.entries(facts).map(([name, value]) => `${name}=${shellQuoted(String(value))}`));
}

/** A word that a POSIX shell takes literally, whatever is in it. */
export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
