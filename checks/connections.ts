import { Redis, type RedisOptions } from "ioredis";
import { accessOf } from "../outputs/access";
import type { Contract, ContractMember } from "../outputs/contract";

export { translate } from "./members";

/** Milliseconds that opening a connection, and each command, may take: a look at a dead member stays short. */
const PATIENCE_MS = 1000;

/**
 * For what is tried once, on members that have just answered: a busy machine must not look like a broken deployment.
 * A look, in contrast, is simply repeated.
 */
export const patient = { connectTimeout: 5000, commandTimeout: 5000 } satisfies RedisOptions;

/**
 * What all clients of the checks and commands share. They never reconnect by themselves: a check reports what is, and
 * whoever wants another look asks for it.
 */
const bounded = {
  connectTimeout: PATIENCE_MS,
  commandTimeout: PATIENCE_MS,
  // A frozen server never answers the goodbye either.
  disconnectTimeout: 100,
  retryStrategy: null,
  // The first command is what tells whether a server is usable; asking it for INFO before that costs a round trip.
  enableReadyCheck: false,
  disableClientInfo: true,
} satisfies RedisOptions;

/** Why a client's connection broke: ioredis tells a waiting command only that it is closed. */
const causes = new WeakMap<Redis, Error>();

/** A client of one data node, logged in as `admin`, as reached from the engine's host. It connects at once; the caller disconnects it. */
export function nodeClient(contract: Contract, member: ContractMember, overrides: RedisOptions = {}): Redis {
  const { host, port } = member;
  const { tls } = contract;
  return listening(
    new Redis({ ...bounded, host, port, ...accessOf(contract, "admin"), ...(tls && { tls }), ...overrides }),
  );
}

/** A client of one Sentinel, as reached from the engine's host. It connects at once; the caller disconnects it. */
export const sentinelClient = nodeClient;

/**
 * A client that never authenticates by itself, for seeing whether a member refuses strangers. RESP2, since HELLO would
 * need the password.
 *
 * @param tls the contract's; undefined for plain text.
 */
export function strangerClient({ host, port }: ContractMember, tls: Contract["tls"]): Redis {
  return listening(new Redis({ ...bounded, ...patient, host, port, protocol: 2, ...(tls && { tls }) }));
}

/**
 * A client of the master, built from nothing but `contract.connection`, as an application outside the Docker network
 * builds it: through the Sentinels, or directly in the replication topology.
 */
export function groupClient(contract: Contract, overrides: RedisOptions = {}): Redis {
  return listening(
    new Redis({
      ...bounded,
      // Asking a Sentinel and then the master, and passing over silent Sentinels on the way.
      commandTimeout: patient.commandTimeout,
      sentinelCommandTimeout: PATIENCE_MS,
      sentinelRetryStrategy: () => null,
      // With Sentinels, ioredis compares the role that it finds with the one it wants only in its ready check.
      enableReadyCheck: true,
      ...contract.connection,
      ...overrides,
    }),
  );
}

/** The error that closed a client's connection, if one did. */
export const causeOf = (client: Redis): Error | undefined => causes.get(client);

/** Without a listener ioredis writes its errors to the terminal. */
function listening(client: Redis): Redis {
  return client.on("error", (error: Error) => causes.set(client, error));
}
