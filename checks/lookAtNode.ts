import type { Redis } from "ioredis";
import { infoOf, partsOf, roleOf, versionOf, type Fields } from "./replies";
import type { AttachedReplica, NodeFacts } from "./view";

const SECTIONS = ["server", "clients", "memory", "persistence", "replication", "keyspace"];

/** Asks a data node for ROLE and INFO, in one round trip. */
export async function lookAtNode(client: Redis): Promise<NodeFacts> {
  const [role, info] = await Promise.all([client.call("ROLE"), client.call("INFO", SECTIONS)]);
  return nodeFacts(role, info);
}

/** What the replies to ROLE and INFO say together. */
export function nodeFacts(roleReply: unknown, infoReply: unknown): NodeFacts {
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
    runId: info.run_id ?? "",
    version: versionOf(info),
    uptimeS: number("uptime_in_seconds"),
    usedMemoryBytes: number("used_memory"),
    maxmemoryBytes: number("maxmemory"),
    connectedClients: number("connected_clients"),
    blockedClients: number("blocked_clients"),
    keys: totalKeys(info),
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
