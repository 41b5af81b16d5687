import { addressIn, derivedSubnet } from "./addresses";
import type { DeploymentSettings } from "./schema";

/** Where something listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One Docker engine. */
export interface EnginePlan {
  /** Name of the host, as in the setting `hosts`. */
  readonly name: string;
  /** `unix://`, `tcp://` or `ssh://` address of the engine. */
  readonly endpoint: string;
}

/** The bridge network of a deployment on one engine. */
export interface NetworkPlan {
  readonly name: string;
  readonly engine: EnginePlan;
  /** IPv4 network with the prefix /24. */
  readonly subnet: string;
}

/** What every container of a deployment has: a data node or a Sentinel. */
export interface MemberPlan {
  readonly kind: "data" | "sentinel";
  /** Name of the container; its volume is `<name>-data`. */
  readonly name: string;
  readonly volume: string;
  /** Name of the volume with its secrets. */
  readonly secretsVolume: string;
  readonly engine: EnginePlan;
  /** Where the others and the clients on the network reach it; what Redis and Sentinel announce. */
  readonly announced: Endpoint;
  /** Where it is reached from the engine's host. */
  readonly reached: Endpoint;
  /** Port on which the server itself listens, inside its network. */
  readonly listenPort: number;
  /** Port that it takes on the engine's host. */
  readonly hostPort: number;
  /** Host address on which that port is open. */
  readonly bindAddress: string;
  /** Name of its network and the fixed address in it; undefined on the host's network. */
  readonly attachment?: { readonly network: string; readonly address: string };
}

/** A data node. Its role is the one it starts with; Sentinel may swap roles for ever. */
export interface NodePlan extends MemberPlan {
  readonly kind: "data";
  readonly initialRole: "master" | "replica";
}

export interface SentinelPlan extends MemberPlan {
  readonly kind: "sentinel";
}

/** Everything about a deployment that can be decided without an engine. */
export interface DeploymentPlan {
  readonly name: string;
  readonly settings: DeploymentSettings;
  readonly networks: readonly NetworkPlan[];
  /** The initial master first, then the replicas. */
  readonly nodes: readonly NodePlan[];
  /** Empty in the replication topology. */
  readonly sentinels: readonly SentinelPlan[];
  /** Sentinels that must agree that the master is down; 0 without Sentinels. */
  readonly quorum: number;
}

/** Priority with which Sentinel may promote a replica once it has synced; Redis's default. */
export const REPLICA_PRIORITY = 100;

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
/** Addresses .11 and up are data nodes, .101 and up Sentinels: one kind can grow without moving the other. */
const FIRST_NODE_ADDRESS = 11;
const FIRST_SENTINEL_ADDRESS = 101;

const LOCAL_ENGINE = "unix:///var/run/docker.sock";

/** Smallest number of `members` that is more than half of them. */
export const majorityOf = (members: number): number => Math.floor(members / 2) + 1;

/**
 * Decides names, places, addresses and ports of a deployment.
 *
 * Pure: the same settings always give the same plan. Data nodes are dealt out to the hosts in turn, and so are the
 * Sentinels, so that with three or more hosts (and an odd number of Sentinels) the loss of any one leaves a majority.
 *
 * @param settings complete and valid settings (see `parseDeployment`).
 * @param defaultEngine endpoint of the engine that is used when the setting `hosts` is empty.
 */
export function planDeployment(settings: DeploymentSettings, defaultEngine: string): DeploymentPlan {
  const { name, topology, network } = settings;
  const hosts =
    settings.hosts.length > 0 ? settings.hosts : [{ name: "local", endpoint: defaultEngine, address: undefined }];
  const sentinelCount = topology === "sentinel" ? settings.sentinels : 0;
  const subnet = settings.subnet !== "" ? settings.subnet : derivedSubnet(settings.redisPort);

  const member = (
    memberName: string,
    index: number,
    role: { listenPort: number; firstHostPort: number; firstAddress: number },
  ) => {
    const host = hosts[index % hosts.length]!;
    const engine: EnginePlan = { name: host.name, endpoint: host.endpoint };
    const hostPort = role.firstHostPort + index;
    const bindAddress = hosts.length > 1 ? host.address! : settings.bindAddress;
    const reached = { host: host.address ?? reachableAt(bindAddress), port: hostPort };
    const common = { name: memberName, engine, hostPort, bindAddress, reached, ...volumesOf(memberName) };
    if (network === "host") {
      return { ...common, announced: reached, listenPort: hostPort };
    }
    const address = addressIn(subnet, role.firstAddress + index);
    return {
      ...common,
      announced: hosts.length > 1 ? reached : { host: address, port: role.listenPort },
      listenPort: role.listenPort,
      attachment: { network: name, address },
    };
  };

  const nodes = Array.from({ length: settings.replicas + 1 }, (_, index): NodePlan => {
    const nodeName = index === 0 ? `${name}-${settings.masterSuffix}` : `${name}-${settings.replicaSuffix}-${index}`;
    const placed = member(nodeName, index, {
      listenPort: REDIS_PORT,
      firstHostPort: settings.redisPort,
      firstAddress: FIRST_NODE_ADDRESS,
    });
    return { kind: "data", initialRole: index === 0 ? "master" : "replica", ...placed };
  });
  const sentinels = Array.from({ length: sentinelCount }, (_, index): SentinelPlan => {
    const placed = member(`${name}-${settings.sentinelSuffix}-${index + 1}`, index, {
      listenPort: SENTINEL_PORT,
      firstHostPort: settings.sentinelPort,
      firstAddress: FIRST_SENTINEL_ADDRESS,
    });
    return { kind: "sentinel", ...placed };
  });

  return {
    name,
    settings,
    networks:
      network === "host"
        ? []
        : hosts.map((host) => ({ name, engine: { name: host.name, endpoint: host.endpoint }, subnet })),
    nodes,
    sentinels,
    quorum: sentinelCount === 0 ? 0 : settings.quorum || majorityOf(sentinelCount),
  };
}

/** The engine that Docker's own tools would use. */
export function defaultEngineEndpoint(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment.DOCKER_HOST ?? "";
  return named === "" ? LOCAL_ENGINE : named;
}

/** The initial master of a plan. */
export const initialMaster = (plan: DeploymentPlan): NodePlan => plan.nodes[0]!;

/** All containers of a deployment: data nodes first, then Sentinels. */
export const allMembers = (plan: DeploymentPlan): readonly (NodePlan | SentinelPlan)[] => [
  ...plan.nodes,
  ...plan.sentinels,
];

/** `host:port`, as Redis and its tools write it. */
export const endpointText = ({ host, port }: Endpoint): string => `${host}:${port}`;

const SECRETS_SUFFIX = "-secrets";
const volumesOf = (member: string) => ({ volume: `${member}-data`, secretsVolume: `${member}${SECRETS_SUFFIX}` });

/** Whether a volume of a deployment holds secrets, and no data; by its name. */
export const isSecretsVolume = (name: string): boolean => name.endsWith(SECRETS_SUFFIX);

/** A port bound to every address is reached on the loopback one. */
function reachableAt(bindAddress: string): string {
  return bindAddress === "0.0.0.0" ? "127.0.0.1" : bindAddress;
}
