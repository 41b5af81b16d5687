import { accessOf, type Access } from "./access";
import { ContractError, type ClientTls, type Contract, type ContractEndpoint, type ContractMember } from "./contract";

/** Where a client runs, as whom it logs in, and which nodes it reads from. */
export interface Client {
  /**
   * `outside`: on the engine's host, in a container of another network, or on another machine; it gets published
   * addresses. `network`: in a container on the deployment's own Docker network; it gets the members' addresses.
   *
   * @default "outside"
   */
  readonly from?: "outside" | "network";
  /**
   * The user, on the nodes and on the Sentinels.
   *
   * @default "app"
   */
  readonly user?: string;
  /**
   * `replica`: a client that only reads, and may get what is some moments old.
   *
   * @default "master"
   */
  readonly node?: "master" | "replica";
}

interface ClientEndpoint {
  host: string;
  port: number;
}

/**
 * Time for a connection to be made, in milliseconds. The address of a container or host that is gone does not answer,
 * and the libraries' own bounds (5 and 10 s, or the system's two minutes) are longer than a failover.
 */
export const CONNECT_TIMEOUT_MS = 500;

/** Time for a Sentinel to answer, in milliseconds; then the next one is asked. */
export const SENTINEL_TIMEOUT_MS = 1000;

/** Options of ioredis for a group under Sentinel; plain enough to build another library's from. */
export interface SentinelClientOptions {
  readonly sentinels: ClientEndpoint[];
  readonly name: string;
  /** Redis's own word for a replica, as ioredis wants it; absent for the master. */
  readonly role?: "slave";
  readonly username: string;
  readonly password: string;
  readonly sentinelUsername: string;
  readonly sentinelPassword: string;
  readonly natMap?: Record<string, ClientEndpoint>;
  readonly connectTimeout: number;
  readonly sentinelCommandTimeout: number;
  readonly tls?: ClientTls;
  readonly sentinelTLS?: ClientTls;
  readonly enableTLSForSentinelMode?: boolean;
}

/** Options of ioredis for one node of a group without Sentinels. */
export interface DirectClientOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly connectTimeout: number;
  readonly tls?: ClientTls;
}

export type ClientOptions = SentinelClientOptions | DirectClientOptions;

/**
 * What a client needs to connect: `new Redis(redisOptions(contract))` is all that an application has to say.
 *
 * In the replication topology it names the node that was master, or is a replica, at the last `up`.
 *
 * @throws ContractError when the deployment has no such user, no network of its own, or no replica.
 */
export function redisOptions(contract: Contract, { from, user, node }: Client = {}): ClientOptions {
  const access = accessOf(contract, user ?? "app");
  const place = from ?? "outside";
  const addressOf = addressFrom(contract, place);
  const encrypted = contract.tls === undefined ? {} : { tls: contract.tls };
  if (node === "replica" && contract.nodes.length === 1) {
    throw new ContractError(
      `${contract.deployment} has no replica to read from; set \`replicas\`, or read from the master.`,
    );
  }
  return contract.topology === "replication"
    ? { ...addressOf(nodeFor(contract, node ?? "master")), ...access, connectTimeout: CONNECT_TIMEOUT_MS, ...encrypted }
    : {
        ...sentinelOptions({ ...contract, natMap: place === "network" ? {} : contract.natMap }, access, addressOf),
        ...(node === "replica" ? { role: "slave" } : {}),
      };
}

/** Options of a client of a group under Sentinel, which is told the master by the Sentinels. */
export function sentinelOptions(
  { sentinels, masterName, natMap, tls }: Pick<Contract, "sentinels" | "masterName" | "natMap" | "tls">,
  { username, password }: Access,
  addressOf: (member: ContractMember) => ClientEndpoint,
): SentinelClientOptions {
  return {
    sentinels: sentinels.map(addressOf),
    name: masterName,
    username,
    password,
    sentinelUsername: username,
    sentinelPassword: password,
    connectTimeout: CONNECT_TIMEOUT_MS,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    ...(tls === undefined ? {} : { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    ...(Object.keys(natMap).length > 0 ? { natMap } : {}),
  };
}

/** How the members are reached from a place. */
function addressFrom(
  { deployment, network }: Pick<Contract, "deployment" | "network">,
  from: NonNullable<Client["from"]>,
): (member: ContractMember) => ClientEndpoint {
  if (from === "outside") {
    return ({ host, port }) => ({ host, port });
  }
  if (network === undefined) {
    throw new ContractError(
      `${deployment} has no Docker network of its own (setting \`network: host\`, or deployed by an older version); connect from: "outside".`,
    );
  }
  return ({ announced: { host, port } }) => ({ host, port });
}

/** A node by the role that it had at the last update. */
function nodeFor({ nodes, connection }: Contract, role: NonNullable<Client["node"]>): ContractMember {
  const isMaster = ({ host, port }: ContractEndpoint): boolean => host === connection.host && port === connection.port;
  return nodes.find((member) => isMaster(member) === (role === "master")) ?? nodes[0]!;
}
