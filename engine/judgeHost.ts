import { contains, overlap } from "../config/addresses";
import type { DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import type { HostFacts } from "./hostFacts";
import type { EngineSurvey } from "./survey";

const ALL = "0.0.0.0";

/** What a deployment asks for that an engine's host does not have; pure. */
export function judgeHost(plan: DeploymentPlan, endpoint: string, { host, networks }: EngineSurvey): Problem[] {
  if (host === undefined) {
    return [];
  }
  const bridges = networks.flatMap(({ subnets }) => subnets);
  return [
    ...judgeProcessors(plan, endpoint, host),
    ...judgeUsers(plan, endpoint, host),
    // With hosts, each has its address from the settings, and its engine may be reached through any socket.
    ...(plan.settings.hosts.length === 0 ? judgeAddresses(plan, endpoint, host, bridges) : []),
  ];
}

function judgeProcessors({ settings }: DeploymentPlan, endpoint: string, { processors }: HostFacts): Problem[] {
  const numbers = settings.cpuSet.split(/[-,]/).filter(Boolean).map(Number);
  const most = Math.max(-1, ...numbers);
  return processors === undefined || most < processors
    ? []
    : [
        {
          path: "cpuSet",
          reason: `is ${settings.cpuSet}, and the host of ${endpoint} has ${processors} processors; allowed: numbers from 0 to ${processors - 1}; fix: pulumi config set cpuSet ${processors === 1 ? "0" : `0-${processors - 1}`}`,
        },
      ];
}

function judgeUsers({ settings }: DeploymentPlan, endpoint: string, { remapsUsers }: HostFacts): Problem[] {
  return settings.network === "host" && remapsUsers
    ? [
        {
          path: "network",
          reason: `is host, which the engine at ${endpoint} gives to no container, since it has users of their own for them (userns-remap); fix: pulumi config set network bridge`,
        },
      ]
    : [];
}

function judgeAddresses(
  { settings, networks }: DeploymentPlan,
  endpoint: string,
  { addresses = [] }: HostFacts,
  bridges: readonly string[],
): Problem[] {
  if (addresses.length === 0) {
    return [];
  }
  const problems: Problem[] = [];
  const plain = addresses.map((address) => address.split("/")[0]!);
  const wanted = settings.bindAddress;
  if (wanted !== ALL && !addresses.some((address) => isOwn(address, wanted))) {
    const allowed = plain.filter((address) => !bridges.some((bridge) => contains(bridge, address)));
    problems.push({
      path: "bindAddress",
      reason: `is ${wanted}, an address that the host of ${endpoint} does not have; allowed: ${[ALL, ...allowed].join(", ")}; fix: pulumi config set bindAddress ${allowed.at(-1) ?? ALL}`,
    });
  }
  // What Docker's own networks have is judged with them.
  const others = addresses.filter((address) => !bridges.some((bridge) => contains(bridge, address)));
  for (const { subnet, name } of networks) {
    const overlapping = others.find((address) => overlap(address, subnet));
    if (overlapping !== undefined && !bridges.includes(subnet)) {
      problems.push({
        path: "subnet",
        reason: `${subnet} of the network ${name} overlaps ${overlapping}, where the host of ${endpoint} is itself, and would lose its way to; fix: pulumi config set subnet ${freeSubnet([...others, ...bridges])}`,
      });
    }
  }
  return problems;
}

/** The whole of 127.0.0.0/8 is a host's own. */
const isOwn = (address: string, wanted: string): boolean =>
  address.split("/")[0] === wanted || (address.startsWith("127.") && contains(address, wanted));

/** A /24 that overlaps none of these. */
function freeSubnet(taken: readonly string[]): string {
  const candidates = Array.from({ length: 256 }, (_, index) => `10.77.${index}.0/24`);
  return candidates.find((candidate) => !taken.some((network) => overlap(network, candidate))) ?? "NETWORK/24";
}
