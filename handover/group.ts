import type { Redis } from "ioredis";
import type { Endpoint } from "../config/plan";
import { causeOf, nodeClient, sentinelClient } from "../checks/connections";
import { failureOf } from "../checks/failures";
import { addressOf } from "../checks/replies";
import type { Contract, ContractMember } from "../outputs/contract";
import { parseReplication, type NodeState } from "./replication";
import { namedByMajority, sameEndpoint } from "./sentinelView";

/** A member of the group and a connection to it; no command on it takes longer than about a second. */
export class Member {
  readonly name: string;
  /** What Redis and Sentinel call it. */
  readonly address: Endpoint;
  /** Where it is reached from here. */
  readonly reached: Endpoint;
  private client: Redis;

  constructor(
    member: ContractMember,
    private readonly open: () => Redis,
  ) {
    this.name = member.name;
    this.address = member.announced;
    this.reached = { host: member.host, port: member.port };
    this.client = open();
  }

  /** Opened anew when it was closed: Sentinel drops all clients of a node when it gives it another master. */
  get redis(): Redis {
    if (this.client.status === "end") {
      this.client = this.open();
    }
    return this.client;
  }

  close(): void {
    this.client.disconnect();
  }
}

/** All members of a deployment, each with a connection of its own: a hand-over asks everyone itself. */
export interface Group {
  readonly contract: Contract;
  readonly nodes: readonly Member[];
  readonly sentinels: readonly Member[];
}

/** Opens the connections of a deployment, hands them to `use`, and closes them whatever happens. */
export async function withGroup<T>(contract: Contract, use: (group: Group) => Promise<T>): Promise<T> {
  const member = (open: typeof nodeClient) => (each: ContractMember) => new Member(each, () => open(contract, each));
  const group: Group = {
    contract,
    nodes: contract.nodes.map(member(nodeClient)),
    sentinels: contract.sentinels.map(member(sentinelClient)),
  };
  try {
    return await use(group);
  } finally {
    [...group.nodes, ...group.sentinels].forEach((member) => member.close());
  }
}

export const nodeAt = (group: Group, address: Endpoint): Member | undefined =>
  group.nodes.find((node) => sameEndpoint(node.address, address));

/** What a node says about itself, or why it says nothing. */
export async function stateOf({ contract }: Group, member: Member): Promise<NodeState> {
  const { name, address, redis } = member;
  try {
    return { name, address, facts: parseReplication(await redis.info("replication")) };
  } catch (error) {
    return { name, address, error: failureOf(contract, causeOf(redis) ?? error).text };
  }
}

export const statesOf = (group: Group, nodes: readonly Member[] = group.nodes): Promise<NodeState[]> =>
  Promise.all(nodes.map((node) => stateOf(group, node)));

/** The master that a Sentinel names; undefined when it does not answer or does not know the name. */
export async function masterNamedBy({ contract }: Group, sentinel: Member): Promise<Endpoint | undefined> {
  try {
    return addressOf(await sentinel.redis.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", contract.masterName));
  } catch {
    return undefined;
  }
}

/** The master that a majority of the configured Sentinels names now. */
export async function masterByMajority(group: Group): Promise<Endpoint | undefined> {
  return namedByMajority(await Promise.all(group.sentinels.map((sentinel) => masterNamedBy(group, sentinel))));
}
