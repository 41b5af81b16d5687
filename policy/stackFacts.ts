import { part, type Props } from "./read";

/** What the rules need to know of the stack that they are applied to. */
export interface StackFacts {
  /** Whether the stricter rules of production apply. */
  readonly production: boolean;
  /** Addresses on which the stack's settings want ports to be published: `bindAddress`, and `address` of each of `hosts`. */
  readonly addresses: ReadonlySet<string>;
  /** Whether the settings say `network: host`. */
  readonly hostNetwork: boolean;
  /** Values of settings whose names look like those of secrets, also of a single deployment. */
  readonly secrets: readonly string[];
}

/** Anything shorter is found by chance in the middle of other texts. */
export const SHORTEST_SECRET = 8;

/**
 * The facts, from the environment that Pulumi starts a policy pack with.
 *
 * Production is told by the stack's name alone: every engine and backend has it, and nobody can forget to set it.
 */
export function stackFacts(env: Readonly<Record<string, string | undefined>>): StackFacts {
  const project = env.PULUMI_NODEJS_PROJECT ?? env.PULUMI_PROJECT ?? "";
  const config = parseObject(env.PULUMI_CONFIG ?? "");
  const settings = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(`${project}:`))
      .map(([key, value]) => [key.slice(project.length + 1), value]),
  );
  // Each of several deployments may have addresses of its own.
  const all = [settings, ...Object.values(parseObject(settings.deployments)).map(parseObject)];
  const secrets = [config, ...all].flatMap((values) => Object.entries(values)).filter(([key]) => isSecretName(key));
  return {
    production: isProduction(env.PULUMI_NODEJS_STACK ?? env.PULUMI_STACK ?? ""),
    addresses: new Set(all.flatMap(addressesIn)),
    hostNetwork: all.some(({ network }) => network === "host"),
    secrets: [...new Set(secrets.map(([, value]) => value))].filter(
      (value): value is string => typeof value === "string" && value.length >= SHORTEST_SECRET,
    ),
  };
}

/** `prod`, `production`, or a name with one of them as a word: `prod-eu`, `shop_production`. */
export function isProduction(stack: string): boolean {
  return stack
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => word === "prod" || word === "production");
}

/** Whether a name is one that a secret usually has: `REDIS_PASSWORD`, `apiToken`. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return /(^|[^a-z])(pass|passwd|password|passphrase|pwd|secret|token|credentials?|auth|requirepass|masterauth|(api|access|private|secret|tls)[^a-z]?key)$/.test(
    words,
  );
}

function addressesIn({ bindAddress, hosts }: Props): readonly string[] {
  const list: unknown = typeof hosts === "string" ? parse(hosts) : hosts;
  const ofHosts = Array.isArray(list) ? list.map((host) => parseObject(host).address) : [];
  return [bindAddress, ...ofHosts].filter((address): address is string => typeof address === "string");
}

/** An object that is given as such or as JSON, in which structured settings arrive; empty if it is neither. */
const parseObject = (value: unknown): Props => part(typeof value === "string" ? parse(value) : value);

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
