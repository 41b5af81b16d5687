import { endpointText } from "../config/plan";
import type { Contract, ContractEndpoint, ContractMember } from "../outputs/contract";

/** All members of a deployment: data nodes first, then Sentinels. */
export const membersOf = (contract: Contract): readonly ContractMember[] => [...contract.nodes, ...contract.sentinels];

/**
 * The member behind an address, whichever of its two it is: the one that it announces (what Redis and Sentinel answer
 * with), or the one at which it is reached from the engine's host. Undefined for a stranger.
 */
export function translate(contract: Contract, host: string, port: number): ContractMember | undefined {
  return announcedBy(contract, { host, port }) ?? membersOf(contract).find((member) => isAt(member, { host, port }));
}

/**
 * The member that announces an address. Inside the group only that address counts: a Sentinel that answered with the
 * one on the engine's host would send the clients on the Docker network nowhere.
 */
export function announcedBy(contract: Contract, address: ContractEndpoint): ContractMember | undefined {
  return membersOf(contract).find((member) => isAt(member.announced, address));
}

/** `redis-replica-1 (172.30.29.12:6379)`: a member as messages name it. */
export function describe({ name, announced }: ContractMember): string {
  return `${name} (${endpointText(announced)})`;
}

/** An address as messages name it: the member behind it if there is one, else the bare address. */
export function describeAddress(contract: Contract, address: ContractEndpoint): string {
  const member = translate(contract, address.host, address.port);
  return member === undefined ? endpointText(address) : `${member.name} (${endpointText(address)})`;
}

const isAt = (endpoint: ContractEndpoint, { host, port }: ContractEndpoint): boolean =>
  endpoint.host === host && endpoint.port === port;
