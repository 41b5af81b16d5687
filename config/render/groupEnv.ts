import { contentHash } from "../contentHash";
import { liveRedisLines, liveSentinelDirectives, ownSentinelDirectives } from "../liveDirectives";
import {
  allMembers,
  endpointText,
  initialMaster,
  type DeploymentPlan,
  type NodePlan,
  type SentinelPlan,
} from "../plan";
import { shellQuoted } from "./nodeEnv";
import { lines } from "./redisConf";

/**
 * What a member knows of its group, and what its server can change while it runs: shell assignments.
 *
 * In the container's environment when it is made, which is no place for secrets, and in `group.env` in its volume when it
 * was told later: a replica more or another `maxmemory` replaces no container.
 *
 * @param ids the fixed id of each Sentinel, by its name; data nodes need none.
 */
export function renderGroupEnv(
  plan: DeploymentPlan,
  member: NodePlan | SentinelPlan,
  ids: Readonly<Record<string, string>> = {},
): string {
  const facts: Readonly<Record<string, string | number>> = {
    TERM: groupTerm(plan),
    TOPOLOGY: plan.settings.topology,
    QUORUM: plan.quorum,
    INITIAL_MASTER: endpointText(initialMaster(plan).announced),
    DATA_NODES: plan.nodes.map((node) => endpointText(node.announced)).join(" "),
    SENTINELS: plan.sentinels.map((sentinel) => endpointText(sentinel.announced)).join(" "),
    LIVE_CONF: (member.kind === "data" ? liveRedisLines(plan) : sentinelLines(plan, member, ids)).join("\n"),
  };
  return lines(...Object.entries(facts).map(([name, value]) => `${name}=${shellQuoted(String(value))}`));
}

/**
 * A name for what all members of a plan are told together: data nodes that run show theirs, and so tell whether they
 * have the plan's.
 */
export function groupTerm(plan: DeploymentPlan): string {
  const members = allMembers(plan).map(({ name, announced }) => `${name} ${endpointText(announced)}`);
  const sentinels = [ownSentinelDirectives(plan), liveSentinelDirectives(plan)];
  const all = [plan.settings.topology, members, liveRedisLines(plan), ...sentinels];
  return contentHash(all, 12);
}

/** The other Sentinels are written in advance: the group is complete at once instead of after Sentinel's hellos. */
function sentinelLines(plan: DeploymentPlan, own: SentinelPlan, ids: Readonly<Record<string, string>>): string[] {
  const { masterName } = plan.settings;
  // The quorum stands in the line that names the master.
  const directives = Object.entries(liveSentinelDirectives(plan)).filter(([directive]) => directive !== "quorum");
  const { loglevel, "resolve-hostnames": resolves } = ownSentinelDirectives(plan);
  const peers = plan.sentinels.filter(({ name }) => name !== own.name);
  return [
    `loglevel ${loglevel}`,
    `sentinel resolve-hostnames ${resolves}`,
    ...directives.map(([directive, value]) => `sentinel ${directive} ${masterName} ${value}`),
    ...peers.map(({ name, announced: { host, port } }) =>
      ["sentinel known-sentinel", masterName, host, port, ids[name]].join(" "),
    ),
  ];
}
