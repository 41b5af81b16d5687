import { engine } from "../test/support/engine";

/** Networks that were given away already in this process, although there is none of them yet. */
const given = new Set<string>();

/** A /24 network that no network of the engine has, apart from those that deployments get by default. */
export async function freeSubnet(): Promise<string> {
  const networks = await engine.listNetworks();
  const taken = networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).map(({ Subnet }) => String(Subnet)));
  for (;;) {
    const subnet = `10.213.${Math.floor(Math.random() * 256)}.0/24`;
    if (!given.has(subnet) && !taken.includes(subnet)) {
      given.add(subnet);
      return subnet;
    }
  }
}
