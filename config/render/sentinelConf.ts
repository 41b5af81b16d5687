import type { DeploymentPlan, SentinelPlan } from "../plan";
import { yesNo } from "../redisDirectives";
import { portLines } from "./tlsConf";
import { lines, listenAddresses } from "./redisConf";

/**
 * sentinel.conf of one Sentinel: what it reads when it starts only. Without any secret, without the master, since the
 * one that the group knows may not be the plan's, and without what can change while it runs (see `renderGroupEnv`).
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
  return lines(
    ...portLines(sentinel.listenPort, s),
    `bind ${s.network === "host" ? listenAddresses(sentinel.bindAddress) : "* -::*"}`,
    `dir ${dataDir}`,
    `sentinel myid ${ids[sentinel.name]}`,
    `sentinel announce-ip ${sentinel.announced.host}`,
    `sentinel announce-port ${sentinel.announced.port}`,
    `sentinel deny-scripts-reconfig ${yesNo(s.denyScriptsReconfig)}`,
  );
}
