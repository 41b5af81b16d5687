import { Redis, type RedisOptions } from "ioredis";
import { accessOf, type Access } from "../../../outputs/access";
import type { Connection, Contract, ContractMember } from "../../../outputs/contract";

/**
 * A client as an application has it: built from the outputs, patient, and not waiting for a silent server for ever.
 *
 * Not with ioredis's `failoverDetector`: a failover that it hears of while the client is just reconnecting ends the
 * client for good ("Connection is closed"), seen in one of some ten failovers.
 */
export function applicationClient(connection: Connection, options: RedisOptions = {}): Redis {
  const client = new Redis({
    ...connection,
    sentinelRetryStrategy: () => 20,
    retryStrategy: () => 20,
    connectTimeout: 1000,
    maxRetriesPerRequest: null,
    socketTimeout: 2000,
    // A master that became a replica: ask again who is master, and repeat the command there.
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 2 : false),
    ...options,
  });
  client.on("error", () => undefined);
  return client;
}

/** A client of one member, which fails at once when that does not answer. */
export function memberClient({ host, port }: ContractMember, access: Access, options: RedisOptions = {}): Redis {
  const client = new Redis({
    host,
    port,
    ...access,
    connectTimeout: 1000,
    commandTimeout: 2000,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    ...options,
  });
  client.on("error", () => undefined);
  return client;
}

/** Talks to one Sentinel and hangs up. */
export const withSentinel = <T>(
  contract: Contract,
  sentinel: ContractMember,
  talk: (client: Redis) => Promise<T>,
): Promise<T> => withMember(sentinel, accessOf(contract, "admin"), talk);

/** Talks to one member and hangs up. */
export async function withMember<T>(
  member: ContractMember,
  access: Access,
  talk: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = memberClient(member, access);
  try {
    return await talk(client);
  } finally {
    client.disconnect();
  }
}
