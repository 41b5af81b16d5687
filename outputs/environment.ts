import { endpointText } from "../config/plan";
import { redisOptions, type Client, type DirectClientOptions, type SentinelClientOptions } from "./clientOptions";
import type { Contract, ContractEndpoint } from "./contract";

/** The variables whose values are secret. */
export const SECRET_VARIABLES: readonly string[] = [
  "REDIS_PASSWORD",
  "REDIS_SENTINEL_PASSWORD",
  "REDIS_URL",
  "REDIS_TLS_KEY",
];

/**
 * What a client needs to connect, as environment variables for any language: the same facts as `redisOptions`.
 *
 * A URL can express one node only, so `REDIS_URL` is there in the replication topology alone; with TLS the authority
 * still has to be trusted.
 *
 * @throws ContractError as `redisOptions` does.
 */
export function environmentOf(contract: Contract, client: Client = {}): Readonly<Record<string, string>> {
  const options = redisOptions(contract, client);
  const { username, password, tls } = options;
  const where = "sentinels" in options ? sentinelVariables(options) : directVariables(options);
  return {
    REDIS_TOPOLOGY: contract.topology,
    ...where,
    REDIS_USERNAME: username,
    REDIS_PASSWORD: password,
    REDIS_TLS: String(tls !== undefined),
    ...(tls === undefined ? {} : { REDIS_TLS_CA: tls.ca }),
    ...(tls?.cert === undefined ? {} : { REDIS_TLS_CERT: tls.cert }),
    ...(tls?.key === undefined ? {} : { REDIS_TLS_KEY: tls.key }),
  };
}

const sentinelVariables = (options: SentinelClientOptions): Record<string, string> => ({
  REDIS_SENTINELS: options.sentinels.map(endpointText).join(","),
  REDIS_MASTER_NAME: options.name,
  ...(options.role === undefined ? {} : { REDIS_ROLE: "replica" }),
  REDIS_SENTINEL_USERNAME: options.sentinelUsername,
  REDIS_SENTINEL_PASSWORD: options.sentinelPassword,
  ...(options.natMap === undefined ? {} : { REDIS_NAT_MAP: natMapText(options.natMap) }),
});

const directVariables = (options: DirectClientOptions): Record<string, string> => ({
  REDIS_HOST: options.host,
  REDIS_PORT: String(options.port),
  REDIS_URL: urlOf(options),
});

/** `announced=reached`, separated by commas. */
const natMapText = (natMap: Readonly<Record<string, ContractEndpoint>>): string =>
  Object.entries(natMap)
    .map(([announced, reached]) => `${announced}=${endpointText(reached)}`)
    .join(",");

function urlOf({ host, port, username, password, tls }: DirectClientOptions): string {
  const scheme = tls === undefined ? "redis" : "rediss";
  return `${scheme}://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${port}`;
}

/**
 * Variables as a file that dotenv libraries, `docker compose` and `sh` (`set -a; . ./FILE`) read; certificates keep their
 * line ends. `docker run --env-file` takes no value of several lines.
 *
 * @param hideSecrets leaves a comment in the place of every secret value.
 */
export function renderDotenv(variables: Readonly<Record<string, string>>, hideSecrets: boolean): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    hideSecrets && SECRET_VARIABLES.includes(name)
      ? `# ${name} is secret; --show-secrets shows it`
      : `${name}=${/^[\w.+=/@%:,-]+$/.test(value) ? value : `"${value}"`}`,
  );
  return `${lines.join("\n")}\n`;
}
