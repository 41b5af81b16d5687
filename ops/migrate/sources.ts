import { endpointText, type Endpoint } from "../../config/plan";
import type { Fields } from "../../checks/replies";
import { UserError } from "../../config/userError";
import { infoFrom } from "./facts";
import { connectTo, type Login } from "./login";
import type { Side } from "./side";

/** The servers of the group that has the data. */
export interface Sources {
  readonly master: Side;
  readonly address: Endpoint;
  /** All that were named, the master among them. */
  readonly all: readonly Side[];
  /** Replicas that the master has, named or not. */
  readonly replicas: number;
}

/** Opens connections to all servers that were named, hands them to `use`, and closes them whatever happens. */
export async function withServers<T>(
  addresses: readonly Endpoint[],
  login: Login,
  use: (servers: readonly Side[]) => Promise<T>,
): Promise<T> {
  const servers: Side[] = [];
  try {
    for (const address of addresses) {
      const redis = await connectTo(address, login);
      servers.push({ name: endpointText(address), redis, ...(login.user === undefined ? {} : { user: login.user }) });
    }
    return await use(servers);
  } finally {
    servers.forEach(({ redis }) => redis.disconnect());
  }
}

/**
 * Which of the servers is the master.
 *
 * @throws UserError when none is, or they do not belong together.
 */
export async function findMaster(addresses: readonly Endpoint[], servers: readonly Side[]): Promise<Sources> {
  const infos = await Promise.all(servers.map(infoFrom));
  const at = chooseMaster(infos.map((info, index) => ({ name: servers[index]!.name, info })));
  return {
    master: servers[at]!,
    address: addresses[at]!,
    all: servers,
    replicas: Number(infos[at]!.connected_slaves ?? 0),
  };
}

/** The place of the master among servers, by what they say themselves. Pure. */
export function chooseMaster(servers: readonly { readonly name: string; readonly info: Fields }[]): number {
  const sentinel = servers.find(({ info }) => info.redis_mode === "sentinel");
  if (sentinel !== undefined) {
    throw new UserError(`${sentinel.name} is a Sentinel; name the servers that have the data`);
  }
  const masters = servers.filter(({ info }) => info.role === "master");
  const [master] = masters;
  if (master === undefined) {
    const { name, info } = servers[0]!;
    throw new UserError(
      `${name} is a replica; its master is ${info.master_host ?? ""}:${info.master_port ?? ""}. Name the address where that one is reached from here`,
    );
  }
  if (masters.length > 1) {
    throw new UserError(
      `${masters.map(({ name }) => name).join(" and ")} are masters, each of a group of its own; name the servers of one`,
    );
  }
  const stranger = servers.find(({ info }) => info.master_replid !== master.info.master_replid);
  if (stranger !== undefined) {
    throw new UserError(
      `${stranger.name} is a replica of another master than ${master.name}, or is not in sync with it`,
    );
  }
  return servers.indexOf(master);
}
