import { BlockList } from "node:net";

/** Arithmetic on IPv4 addresses and /24 networks; pure. */

export const isLoopback = (address: string): boolean => address.startsWith("127.");

/** Address number `index` of a network written as `a.b.c.0/24`. */
export function addressIn(subnet: string, index: number): string {
  return `${networkPart(subnet)}.${index}`;
}

/** Whether two /24 networks are the same one; networks with this one prefix overlap only when they are equal. */
export function subnetsOverlap(a: string, b: string): boolean {
  return networkPart(a) === networkPart(b);
}

/**
 * The network that a deployment gets when no `subnet` is set. It follows from the first Redis port, which is unique on
 * an engine, so that two deployments whose ports are at least 8 apart get two networks.
 */
export function derivedSubnet(redisPort: number): string {
  return `172.30.${(redisPort >> 3) & 255}.0/24`;
}

function networkPart(subnet: string): string {
  return subnet.split(".").slice(0, 3).join(".");
}

/** Whether two IPv4 networks share an address: one of them then contains the other's first one. */
export const overlap = (a: string, b: string): boolean => contains(a, b) || contains(b, a);

/** Whether an IPv4 network, `a.b.c.d/n`, has an address in it, with or without a prefix of its own. */
export function contains(network: string, other: string): boolean {
  const [address, prefix] = network.split("/");
  if (address === undefined || prefix === undefined || address.includes(":") || other.includes(":")) {
    return false;
  }
  const list = new BlockList();
  list.addSubnet(address, Number(prefix));
  return list.check(other.split("/")[0]!);
}
