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
