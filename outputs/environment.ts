import { endpointText } from "../config/plan";
import { redisOptions, type Client, type DirectClientOptions, type SentinelClientOptions } from "./clientOptions";
import { ContractError, type ClientTls, type Contract, type ContractEndpoint } from "./contract";

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
    ...(tls === undefined ? {} : tlsVariables(tls)),
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

const tlsVariables = ({ ca, cert, key }: ClientTls): Record<string, string> => ({
  REDIS_TLS_CA: unixLines(ca),
  ...(cert === undefined ? {} : { REDIS_TLS_CERT: unixLines(cert) }),
  ...(key === undefined ? {} : { REDIS_TLS_KEY: unixLines(key) }),
});

/** Readers of files with variables do not agree on other line ends; to those of PEM text they are all the same. */
const unixLines = (pem: string): string => pem.replace(/\r\n?/g, "\n");

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
 * Variables as a file that dotenv libraries and `sh` (`set -a; . ./FILE`) read; certificates keep their line ends.
 * `docker run --env-file` reads it too, but for values that need quotes: those of several lines or with blanks, and
 * those in which a shell would take a `~` for a home.
 *
 * @param hideSecrets leaves a comment in the place of every secret value.
 * @throws ContractError where a name or a value cannot be written so that all of these read the same.
 */
export function renderDotenv(variables: Readonly<Record<string, string>>, hideSecrets: boolean): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    hideSecrets && SECRET_VARIABLES.includes(name)
      ? `# ${name} is secret; --show-secrets shows it`
      : `${nameIn(name)}=${valueIn(name, value)}`,
  );
  return `${lines.join("\n")}\n`;
}

function nameIn(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new ContractError(
      `${JSON.stringify(name)} is no name of an environment variable; allowed: letters, digits and _, not a digit first.`,
    );
  }
  return name;
}

/** A shell takes `~` for a home where the value begins, and after `:` and, some, after `=`. */
const NEEDS_NO_QUOTES = /^(?!~)(?:[\w.+=/@%:,-]|(?<![:=])~)+$/;

/** Some readers take one of these for the beginning of something else, even between quotes. */
const READ_DIFFERENTLY = /["$`\\]|(?!\n)\p{C}/u;

function valueIn(name: string, value: string): string {
  if (READ_DIFFERENTLY.test(value)) {
    throw new ContractError(
      `${name} cannot be written to a file of environment variables, since not all readers would take it for the same; allowed: all but " $ \` \\ and control characters other than line ends.`,
    );
  }
  return NEEDS_NO_QUOTES.test(value) ? value : `"${value}"`;
}
