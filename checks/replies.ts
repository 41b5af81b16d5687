import type { ContractEndpoint } from "../outputs/contract";

/** Names and values of a reply, whatever the protocol made of them. */
export type Fields = Readonly<Record<string, string>>;

/** What ROLE says. */
export type RoleReply =
  | { readonly role: "master"; readonly offset: number }
  | {
      readonly role: "replica";
      readonly master: ContractEndpoint;
      readonly linkState: string;
      readonly offset: number;
    };

/**
 * Fields of one instance in a reply of SENTINEL: a flat list of names and values (RESP2, and what ioredis makes of
 * RESP3 by default), or a map (RESP3 as it is).
 */
export function fieldsOf(reply: unknown): Fields {
  if (Array.isArray(reply)) {
    const pairs: [string, string][] = [];
    for (let at = 0; at + 1 < reply.length; at += 2) {
      pairs.push([String(reply[at]), String(reply[at + 1])]);
    }
    return Object.fromEntries(pairs);
  }
  if (reply instanceof Map) {
    return Object.fromEntries([...reply].map(([name, value]) => [String(name), String(value)]));
  }
  if (typeof reply === "object" && reply !== null) {
    return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, String(value)]));
  }
  return {};
}

/** Fields of each instance in a reply of SENTINEL MASTERS, REPLICAS or SENTINELS. */
export function listOf(reply: unknown): readonly Fields[] {
  return Array.isArray(reply) ? reply.map(fieldsOf) : [];
}

/** Lines `name:value` of INFO, all sections together. */
export function infoOf(reply: unknown): Fields {
  return Object.fromEntries(
    String(reply)
      .split(/\r?\n/)
      .filter((line) => line.includes(":") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}

/** `8.0.2` of Redis, `valkey 8.1.1` of Valkey, which says in `redis_version` only which Redis it is compatible with. */
export function versionOf(info: Fields): string {
  const { valkey_version: valkey, redis_version: redis } = info;
  return valkey === undefined ? (redis ?? "unknown") : `valkey ${valkey}`;
}

/** One value of INFO that has parts of its own: `ip=172.30.28.12,port=6379,state=online,offset=42,lag=0`. */
export function partsOf(value: string): Fields {
  return Object.fromEntries(
    value.split(",").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
}

/** @throws Error when the reply is none of a data node. */
export function roleOf(reply: unknown): RoleReply {
  const [role, ...rest] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (role === "master") {
    return { role, offset: Number(rest[0]) };
  }
  if (role === "slave") {
    const master = { host: String(rest[0]), port: Number(rest[1]) };
    return { role: "replica", master, linkState: String(rest[2]), offset: Number(rest[3]) };
  }
  throw new Error(`its role is neither master nor replica but ${JSON.stringify(role ?? null)}`);
}

/** Two-element reply of SENTINEL GET-MASTER-ADDR-BY-NAME; null when the name is not known. */
export function addressOf(reply: unknown): ContractEndpoint | undefined {
  return Array.isArray(reply) && reply.length === 2 ? { host: String(reply[0]), port: Number(reply[1]) } : undefined;
}
