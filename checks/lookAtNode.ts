import type { Redis } from "ioredis";
import { fieldsOf, infoOf, listOf, partsOf, roleOf, versionOf, type Fields } from "./replies";
import type { AttachedReplica, LoaderFacts, NodeFacts } from "./view";

const SECTIONS = ["server", "clients", "memory", "persistence", "replication", "keyspace"];

/** As many as a server keeps of the commands that it refused (`acllog-max-len`). */
const REFUSED_COMMANDS = 128;

/** Asks a data node for ROLE, INFO, the loader's rights and how many replicas it wants, in one round trip. */
export async function lookAtNode(client: Redis): Promise<NodeFacts> {
  const [role, info, user, refused, fence] = await Promise.all([
    client.call("ROLE"),
    client.call("INFO", SECTIONS),
    client.call("ACL", "GETUSER", "default"),
    client.call("ACL", "LOG", REFUSED_COMMANDS),
    client.config("GET", "min-replicas-to-write"),
  ]);
  return nodeFacts(role, info, loaderFacts(user, refused), Number(fence[1] ?? 0));
}

/** What the replies to ACL GETUSER default and ACL LOG say together. */
export function loaderFacts(userReply: unknown, refusedReply: unknown): LoaderFacts {
  const { flags = "", commands = "", keys = "", channels = "" } = fieldsOf(userReply);
  const isOff = flags.split(",").includes("off");
  const mayAll = commands === "+@all" && keys === "~*" && channels === "&*";
  // The loader is a client without a connection.
  const dropped = listOf(refusedReply).filter(
    (entry) => entry.username === "default" && entry["client-info"]?.includes(" fd=-1 ") === true,
  );
  return { bound: isOff && !mayAll, dropped: dropped.reduce((sum, { count }) => sum + Number(count), 0) };
}

/** What the replies to ROLE and INFO say together, with what is known of the loader and of `min-replicas-to-write`. */
export function nodeFacts(
  roleReply: unknown,
  infoReply: unknown,
  loader: LoaderFacts,
  replicasToWrite: number,
): NodeFacts {
  const role = roleOf(roleReply);
  const info = infoOf(infoReply);
  const number = (name: string): number => Number(info[name] ?? 0);
  return {
    role: role.role,
    offset: role.role === "master" ? role.offset : number("slave_repl_offset"),
    loading: info.loading === "1",
    ...(role.role === "master"
      ? {}
      : {
          following: {
            master: role.master,
            linkState: role.linkState,
            linkUp: info.master_link_status === "up",
            syncing: info.master_sync_in_progress === "1",
            lastIoS: number("master_last_io_seconds_ago"),
          },
        }),
    attached: attachedReplicas(info),
    replicasToWrite,
    // Absent while a hand-over lets the node do without.
    replicasThatCount: Number(info.min_slaves_good_slaves ?? replicasToWrite),
    runId: info.run_id ?? "",
    version: versionOf(info),
    uptimeS: number("uptime_in_seconds"),
    usedMemoryBytes: number("used_memory"),
    maxmemoryBytes: number("maxmemory"),
    connectedClients: number("connected_clients"),
    blockedClients: number("blocked_clients"),
    keys: totalKeys(info),
    loader,
    info,
  };
}

function attachedReplicas(info: Fields): readonly AttachedReplica[] {
  return Object.entries(info)
    .filter(([name]) => /^slave\d+$/.test(name))
    .map(([, value]) => {
      const { ip = "", port, state = "", offset, lag } = partsOf(value);
      return { host: ip, port: Number(port), state, offset: Number(offset), lagS: Number(lag) };
    });
}

function totalKeys(info: Fields): number {
  return Object.entries(info)
    .filter(([name]) => /^db\d+$/.test(name))
    .reduce((sum, [, value]) => sum + Number(partsOf(value).keys ?? 0), 0);
}
