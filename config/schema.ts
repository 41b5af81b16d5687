import { z } from "zod";
import { withoutComments } from "./pem";
import { ROTATION } from "./rotations";

/**
 * Every setting of a deployment, in one place: name, type, range, default and description.
 *
 * The declaration in `Pulumi.yaml`, the README's settings table and the "allowed" part of every error are derived
 * from here; a test fails when they differ.
 */

/** The last TCP port. */
export const MAX_PORT = 65_535;

/** Beside the initial master. */
export const MOST_REPLICAS = 20;

const text = (pattern: RegExp, allowed: string) => z.string().regex(pattern).meta({ allowed });
const whole = (min: number, max: number) => z.int().min(min).max(max);

/** `a-b2`: safe as the name of a container, a volume and a network. */
const dockerName = (max: number) =>
  text(
    new RegExp(`^[a-z][a-z0-9]{0,${max - 1}}(-[a-z0-9]+)*$`),
    `lower-case letters, digits and single hyphens, starting with a letter, at most ${max} characters`,
  ).max(max);

/** Certificates or a key in PEM, which a file is given for: `pulumi config set NAME < FILE`. */
const pem = (label: string, allowed: string) =>
  z
    .string()
    .overwrite(withoutComments)
    .regex(new RegExp(String.raw`^(-----BEGIN ${label}-----[\r\n\t\x20-\x7e]{1,65536})?$`))
    .meta({ allowed: `PEM text that begins with ${allowed}, or '' for none`, example: "< FILE" });

const ipv4 = "(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const ipv4Address = () => text(new RegExp(`^${ipv4}$`), "an IPv4 address such as 127.0.0.1");

/** One Docker engine. */
export const hostSchema = z.strictObject({
  name: dockerName(30).describe("Name of the host in the plan and in messages."),
  endpoint: text(
    // A host that begins with a hyphen would be an option of the ssh program. No client of Docker's takes a password, and
    // messages name the address.
    /^(unix:\/\/\/|tcp:\/\/|ssh:\/\/)(?!(.*@)?-)(?![^/]*:[^/]*@)[\w.~@:/%+=,[\]-]{1,200}$/,
    "unix:///path, tcp://host:port or ssh://user@host, without a password",
  ).describe("Address of its Docker engine."),
  address: ipv4Address().describe("Address under which the other hosts and the clients reach it."),
});

/** Redis's categories of commands that an own user may be given; the dangerous ones are taken away from each. */
const COMMAND_CATEGORIES = [
  ..."@bitmap @blocking @connection @fast @geo @hash @hyperloglog @keyspace @list @pubsub @read @scripting".split(" "),
  ..."@set @slow @sortedset @stream @string @transaction @write".split(" "),
];

/** One command, `flushdb`, or subcommand, `client|list`; also as `FLUSHDB` and `+flushdb`. Which, the rules say. */
const SINGLE_COMMAND = String.raw`[a-z][a-z_-]{0,40}(?:\|[a-z][a-z_-]{0,40})?`;
const commandName = (pattern: string, allowed: string) =>
  z
    .string()
    .overwrite((given) => (given.includes("@") ? given : given.replace(/^\+/, "").toLowerCase()))
    .regex(new RegExp(`^(?:${pattern})$`))
    .meta({ allowed });
/**
 * The categories that the modules of Redis 8's and Valkey's images bring. A server without the module does not know its
 * category, so an image is asked before it gets a user with one (engine/modules.ts).
 */
export const MODULE_CATEGORIES: readonly string[] =
  "@bloom @cms @cuckoo @json @search @tdigest @timeseries @topk".split(" ");

const ALL_CATEGORIES = [...COMMAND_CATEGORIES, ...MODULE_CATEGORIES];

/** Without blanks and quotes, which would end the word that it is in an ACL. */
const keyPattern = () =>
  text(
    /^[A-Za-z0-9_.:*?{}[\]^!@#/+=,|-]{1,200}$/,
    "1 to 200 letters, digits and _ . : * ? { } [ ] ^ ! @ # / + = , | - of a key pattern such as cart:*",
  );

/** A user of Redis beside those that every deployment has. */
const userSchema = z.strictObject({
  name: text(
    /^[a-z][a-z0-9_-]{0,29}$/,
    "lower-case letters, digits, '_' and '-', starting with a letter, at most 30 characters",
  ).describe("Name of the user."),
  keys: z.array(keyPattern()).max(50).describe("Patterns of the keys and channels that it may use."),
  commands: z
    .array(
      commandName(
        `${ALL_CATEGORIES.join("|")}|${SINGLE_COMMAND}`,
        `one of ${ALL_CATEGORIES.join(", ")}, or a command such as flushdb or client|list`,
      ),
    )
    .max(50)
    .describe(
      "Categories of the commands that it may use, without those that are dangerous, and single commands (docs/operate.md#users).",
    ),
});

const settingFields = {
  // What is deployed
  topology: z
    .enum(["sentinel", "replication"])
    .default("sentinel")
    .describe("`sentinel`: failover is automatic. `replication`: a master and replicas, failover by hand."),
  name: dockerName(30)
    .default("redis")
    .describe("Name of the deployment; the names of containers, volumes and the network start with it."),
  replicas: whole(0, MOST_REPLICAS).default(2).describe("Number of replicas beside the initial master."),
  sentinels: whole(1, 15).default(3).describe("Number of Sentinels; an odd number. Unused in `replication`."),
  image: text(/^[a-z0-9][\w.\-/:]{0,250}(@sha256:[0-9a-f]{64})?$/, "an image reference such as redis:8.0.2")
    .default("redis:8.0.2")
    .describe("Image of every container; Redis 7.0 or newer, or Valkey (docs/upgrade.md)."),
  masterName: text(/^[A-Za-z0-9._-]{1,60}$/, "letters, digits, '.', '_' and '-', at most 60 characters")
    .default("mymaster")
    .describe("Name under which Sentinel knows the group, and clients ask for it."),
  masterSuffix: dockerName(20).default("master").describe("Suffix of the initial master's name (`redis-master`)."),
  replicaSuffix: dockerName(20)
    .default("replica")
    .describe("Suffix of the replicas' names, before the number (`redis-replica-1`); `slave` gives the old names."),
  sentinelSuffix: dockerName(20)
    .default("sentinel")
    .describe("Suffix of the Sentinels' names, before the number (`redis-sentinel-1`)."),
  password: text(
    /^([A-Za-z0-9_.~+=/@%:-]{16,128})?$/,
    "16 to 128 letters, digits and _ . ~ + = / @ % : -, or '' for a generated one",
  )
    .default("")
    .describe("Password of the user `app`, set with `--secret`. Empty: a generated one, which is better."),
  previousPassword: text(
    /^([A-Za-z0-9_.~+=/@%:-]{16,128})?$/,
    "16 to 128 letters, digits and _ . ~ + = / @ % : -, or '' for none",
  )
    .default("")
    .describe("The `password` of before, accepted beside it while clients change over; set with `--secret`."),

  // Users
  appKeys: z.array(keyPattern()).max(50).default(["*"]).describe("Patterns of the keys that the user `app` may use."),
  appCommands: z
    .array(commandName(SINGLE_COMMAND, "a command such as flushdb or client|list"))
    .max(50)
    .default([])
    .describe(
      "Dangerous commands that the user `app` may use all the same, such as `flushdb` (docs/operate.md#users).",
    ),
  users: z
    .array(userSchema)
    .max(50)
    .default([])
    .describe("Users beside admin, app, monitor, replication and sentinel; their passwords are generated."),
  defaultUser: z
    .boolean()
    .default(false)
    .describe("Let clients in that send a password and no user name; they get what `app` has."),
  rotations: z
    .array(text(ROTATION, "USER:COUNT, or USER:COUNT+previous while the password before is accepted too"))
    .max(100)
    .default([])
    .describe("How often the users' passwords, and `tls-authority`, were rotated; `npm run rotate` writes it."),

  // Network
  network: z
    .enum(["bridge", "host"])
    .default("bridge")
    .describe("`bridge`: a network of its own and published ports. `host`: the host's network, the fastest path."),
  subnet: text(
    /^((?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}0\/24)?$/,
    "an IPv4 network with the prefix /24 such as 172.30.28.0/24, or '' for a derived one",
  )
    .default("")
    .describe(
      "Address range (/24) of the bridge network. Empty: one inside 172.30.0.0/16 that follows from redisPort.",
    ),
  redisPort: whole(1, MAX_PORT).default(6380).describe("Host port of the initial master; replicas take the next ones."),
  sentinelPort: whole(1, MAX_PORT)
    .default(26379)
    .describe("Host port of the first Sentinel; others take the next ones."),
  bindAddress: ipv4Address()
    .default("127.0.0.1")
    .describe("Host address on which ports are published. With several hosts: each host's own address instead."),
  hosts: z
    .array(hostSchema)
    .max(50)
    .default([])
    .describe("Docker engines over which nodes are spread. Empty: the one of DOCKER_HOST, else the local socket."),

  // TLS
  tls: z
    .boolean()
    .default(false)
    .describe("Encrypt all connections: clients, replication and Sentinels; plain ports are closed."),
  tlsClientCertificates: z
    .enum(["no", "optional", "required"])
    .default("no")
    .describe("Whether clients have to show a certificate of the authority's, beside the password."),
  tlsValidityDays: whole(2, 3650)
    .default(365)
    .describe("Days that a member's certificate is valid; the authority's own one is valid for 7300."),
  tlsRenewDays: whole(1, 365)
    .default(30)
    .describe("A certificate with no more than so many days left is renewed by the next `up`."),
  tlsAuthorities: pem("CERTIFICATE", "-----BEGIN CERTIFICATE-----")
    .default("")
    .describe("Certificates of the authorities to trust. Empty: an authority of the deployment's own."),
  tlsCertificate: pem("CERTIFICATE", "-----BEGIN CERTIFICATE-----")
    .default("")
    .describe("Certificate of all members, followed by those between it and the authority; with tlsAuthorities."),
  tlsKey: pem("(RSA |EC )?PRIVATE KEY", "-----BEGIN PRIVATE KEY-----, without a passphrase")
    .default("")
    .describe("Private key of tlsCertificate, set with `--secret`."),

  // Sentinel
  quorum: whole(0, 15)
    .default(0)
    .describe("Sentinels that must agree that the master is down; 0 is a majority (2 of 3)."),
  downAfterMs: whole(200, 600_000)
    .default(5000)
    .describe("Milliseconds without an answer before a node counts as down."),
  parallelSyncs: whole(1, 20).default(1).describe("Replicas that sync with a new master at the same time."),
  failoverTimeoutMs: whole(1000, 3_600_000).default(60_000).describe("Milliseconds a failover may take."),
  denyScriptsReconfig: z.boolean().default(true).describe("Refuse changes of Sentinel's scripts at run time."),
  resolveHostnames: z
    .boolean()
    .default(true)
    .describe("Let Sentinel resolve host names that clients or operators give it; the nodes themselves use addresses."),

  // Redis
  logLevel: z
    .enum(["debug", "verbose", "notice", "warning"])
    .default("notice")
    .describe("Log level of Redis and Sentinel."),
  maxmemoryMb: whole(0, 1_048_576).default(0).describe("Redis's own memory limit in MiB; 0 is no limit."),
  maxmemoryPolicy: z
    .enum([
      "noeviction",
      "allkeys-lru",
      "allkeys-lfu",
      "allkeys-random",
      "volatile-lru",
      "volatile-lfu",
      "volatile-random",
      "volatile-ttl",
    ])
    .default("noeviction")
    .describe("What is evicted when maxmemoryMb is reached."),
  save: text(
    /^(\d{1,9} \d{1,9}( \d{1,9} \d{1,9}){0,15})?$/,
    "up to 16 pairs of seconds and changes such as '900 1 300 10', or '' for none",
  )
    .default("3600 1 300 100 60 10000")
    .describe("RDB snapshots: pairs of seconds and changes; empty for none."),
  appendonly: z.boolean().default(false).describe("Keep an append-only file (AOF)."),
  appendfsync: z.enum(["always", "everysec", "no"]).default("everysec").describe("When the AOF is flushed to disk."),
  notifyKeyspaceEvents: text(
    /^((?=.*[KE])(?=.*[^KE])[KEg$lshzxetdmnA]{2,20})?$/,
    "K, E or both, and kinds of events of g $ l s h z x e t d m n A, such as Egx, or '' for none",
  )
    .default("")
    .describe("Which changes of keys Redis tells its subscribers: its `notify-keyspace-events`."),
  minReplicasToWrite: whole(0, 20)
    .default(0)
    .describe("The master refuses writes with fewer replicas in sync than this; the fence against lost writes."),
  minReplicasMaxLagS: whole(1, 600)
    .default(10)
    .describe("Seconds of lag after which a replica no longer counts for the fence."),
  modules: z
    .boolean()
    .default(true)
    .describe("Load the modules that the image brings (`redis:8`: JSON, Search, Bloom, time series) on data nodes."),
  extraRedisConf: z
    .array(text(/^[a-z][a-z0-9_.-]* [\x20-\x7e]{1,500}$/, "a redis.conf line: a directive, a space and its value"))
    .max(100)
    .default([])
    .describe("Further redis.conf lines; directives that the program owns are refused."),

  // Containers
  memoryLimitMb: whole(0, 1_048_576)
    .default(0)
    .describe("Memory limit of each data node's container in MiB, swap included; 0 is no limit."),
  sentinelMemoryLimitMb: whole(0, 1_048_576)
    .default(0)
    .describe("Memory limit of each Sentinel's container in MiB, swap included; 0 is no limit."),
  cpuShares: whole(0, 262_144)
    .default(0)
    .describe("Relative CPU weight of each container; 0 is the engine's default (1024)."),
  cpuSet: text(/^(\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?){0,99})?$/, "CPU numbers such as '0-1,3', or '' for all")
    .default("")
    .describe("CPUs that the containers may use, such as `0-1`; empty for all."),
  restart: z
    .enum(["no", "on-failure", "unless-stopped", "always"])
    .default("unless-stopped")
    .describe("Docker's restart policy of the containers."),
  logMaxSizeMb: whole(1, 10_240).default(10).describe("Size in MiB at which a container's log is rotated."),
  logMaxFiles: whole(1, 100).default(3).describe("Log files kept per container."),
  // Two thirds of it are for the hand-over, in whole seconds, of which it needs two.
  stopGraceS: whole(3, 600).default(30).describe("Seconds a container gets to stop before it is killed."),
  dataVolumes: z
    .enum(["delete", "keep", "protect"])
    .default("keep")
    .describe("On destroy: `delete` the data, `keep` the volumes on the engine, or `protect`: refuse to destroy them."),

  // Checks
  checkTimeoutS: whole(5, 3600)
    .default(60)
    .describe("Seconds that the checks wait for the group to converge, from its last progress on."),
};

/** The settings of one deployment, complete: every default filled in. */
export const deploymentSchema = z.strictObject(settingFields);

/** Settings that differ from others: all optional, and absent ones stay absent (`partial()` would fill in defaults). */
export const overridesSchema = z.strictObject(
  Object.fromEntries(Object.entries(settingFields).map(([name, field]) => [name, field.unwrap().optional()])),
);

/** Complete settings of one deployment. */
export type DeploymentSettings = Readonly<z.output<typeof deploymentSchema>>;
/** Settings of one deployment as given: what is absent has its default. */
export type DeploymentOverrides = Readonly<z.input<typeof deploymentSchema>>;
/** One Docker engine on which nodes can be placed. */
export type HostSettings = Readonly<z.output<typeof hostSchema>>;
/** Name of a setting. */
export type SettingName = keyof typeof settingFields;

/** Name of the one key that is not a setting of a deployment but a set of deployments. */
export const DEPLOYMENTS_KEY = "deployments";

export const DEPLOYMENTS_DESCRIPTION =
  "Several deployments in one stack: name -> settings that differ from the stack's. Empty: one deployment.";

export const settingNames = Object.keys(settingFields) as SettingName[];

/** Settings whose values stand in no message, and in no stack's file in plain text. */
export const secretSettings = ["password", "previousPassword", "tlsKey"] as const satisfies readonly SettingName[];

export const isSecretSetting = (name: PropertyKey | undefined): boolean =>
  secretSettings.some((secret) => secret === name);

/** The schema of one setting. */
export function settingSchema(name: SettingName): z.ZodType {
  return settingFields[name];
}
