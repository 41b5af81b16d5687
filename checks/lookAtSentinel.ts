import type { Redis } from "ioredis";
import { addressOf, infoOf, listOf, versionOf, type Fields } from "./replies";
import type { SentinelFacts, WatchedInstance } from "./view";

/** Asks a Sentinel for all that it knows about a master, in one round trip. */
export async function lookAtSentinel(client: Redis, masterName: string): Promise<SentinelFacts> {
  const [id, info, masters, replicas, sentinels, masterAddress, quorumCheck] = await Promise.all([
    client.call("SENTINEL", "MYID"),
    client.call("INFO", "server"),
    client.call("SENTINEL", "MASTERS"),
    known(client.call("SENTINEL", "REPLICAS", masterName)),
    known(client.call("SENTINEL", "SENTINELS", masterName)),
    client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName),
    quorumOf(client.call("SENTINEL", "CKQUORUM", masterName)),
  ]);
  const server = infoOf(info);
  return {
    id: String(id),
    version: versionOf(server),
    uptimeS: Number(server.uptime_in_seconds ?? 0),
    masters: listOf(masters).map((fields) => ({
      ...instance(fields),
      replicas: Number(fields["num-slaves"]),
      otherSentinels: Number(fields["num-other-sentinels"]),
      quorum: Number(fields.quorum),
    })),
    replicas: listOf(replicas).map(instance),
    sentinels: listOf(sentinels).map(instance),
    masterAddress: addressOf(masterAddress),
    quorumCheck,
  };
}

function instance(fields: Fields): WatchedInstance {
  return {
    name: fields.name ?? "",
    host: fields.ip ?? "",
    port: Number(fields.port),
    flags: (fields.flags ?? "").split(",").filter((flag) => flag !== ""),
    id: fields.runid ?? "",
  };
}

/** A Sentinel that does not know the master's name knows nobody who belongs to it; that is no failure of the look. */
async function known(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("ERR No such master")) {
      return [];
    }
    throw error;
  }
}

/** CKQUORUM answers a missing quorum with an error. */
async function quorumOf(reply: Promise<unknown>): Promise<SentinelFacts["quorumCheck"]> {
  try {
    return { ok: true, text: String(await reply) };
  } catch (error) {
    if (error instanceof Error && /^(NOQUORUM|NOGOODSLAVE|ERR No such master)/.test(error.message)) {
      return { ok: false, text: error.message };
    }
    throw error;
  }
}
