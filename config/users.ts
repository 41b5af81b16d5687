import { createHash } from "node:crypto";
import { isCategory } from "./commandRights";
import type { DeploymentSettings } from "./schema";

/** Users that every deployment has. */
export const BUILT_IN_USERS = ["admin", "app", "monitor", "replication", "sentinel"] as const;

/** One of the users that every deployment has. */
export type BuiltInUser = (typeof BUILT_IN_USERS)[number];

/** Those whose password the members themselves need: for their scripts, and for the links between them. */
export const LINK_USERS = ["admin", "replication", "sentinel"] as const satisfies readonly BuiltInUser[];

/** Passwords by the user's name; the newest first, then those that are accepted beside it. */
export type UserPasswords = Readonly<Record<string, readonly string[]>>;

/** What a user may do, in the words of `ACL SETUSER`. */
interface Rights {
  /** On a data node; undefined for a user that is none there. */
  readonly data?: readonly string[];
  /** On a Sentinel; undefined for a user that is none there. */
  readonly sentinel?: readonly string[];
}

/**
 * Commands that would let a user see or destroy what is not its own. They are taken away after all categories are given,
 * since a category of data commands has some of them too: KEYS is in `@read`, FLUSHALL in `@write`.
 */
const HARMFUL = ["-@admin", "-@dangerous"];

/** Harmless, though among the dangerous ones: clients ask for both when they connect, to see whom they have reached. */
const WHO_ARE_YOU = ["+info", "+role"];

/** What every client needs of a Sentinel: the way to the master, and word of a failover. */
const ASK_SENTINEL = [
  "&*",
  "+@connection",
  "+@pubsub",
  ...HARMFUL,
  "-publish",
  ...WHO_ARE_YOU,
  ...["get-master-addr-by-name", "master", "masters", "replicas", "slaves", "sentinels"].map(sentinelCommand),
];

/** Where Sentinels say hello to each other. */
const HELLO_CHANNEL = "&__sentinel__:hello";

const everything = ["~*", "&*", "+@all"];

/**
 * `default` on a data node that lets nobody in as `default`: off and without a password, so that nobody can be it, but
 * with all rights. A server loads its append-only file as this user, and drops each transaction (those of scripts and of
 * consumer groups, too) that the user may not run.
 */
const LOADER = ["default", "reset", "off", ...everything].join(" ");

const builtIn: Readonly<Record<Exclude<BuiltInUser, "app">, Rights>> = {
  admin: { data: everything, sentinel: everything },
  monitor: {
    data: [
      ...["+ping", "+dbsize", "+lastsave", "+time", ...WHO_ARE_YOU],
      ...["+slowlog|get", "+slowlog|len", "+latency|latest", "+latency|history", "+latency|histogram"],
      ...["+memory|stats", "+memory|doctor", "+client|list", "+client|info", "+client|id", "+client|setname"],
    ],
    sentinel: [
      ...["+ping", "+client|setname", ...WHO_ARE_YOU],
      ...["masters", "master", "replicas", "slaves", "sentinels", "get-master-addr-by-name", "ckquorum", "myid"].map(
        sentinelCommand,
      ),
    ],
  },
  replication: { data: ["+ping", "+psync", "+sync", "+replconf"] },
  // By the list in Redis's documentation of Sentinel ("Redis Access Control List authentication").
  sentinel: {
    data: [
      ...[HELLO_CHANNEL, "+ping", "+info", "+role", "+publish", "+subscribe", "+multi", "+exec", "+slaveof"],
      ...["+replicaof", "+config|rewrite", "+client|setname", "+client|kill", "+script|kill"],
    ],
    sentinel: [HELLO_CHANNEL, "+ping", "+publish", "+client|setname", sentinelCommand("is-master-down-by-addr")],
  },
};

/** The names of a deployment's users: those that every one has, then its own. */
export function userNames(settings: DeploymentSettings): readonly string[] {
  return [...BUILT_IN_USERS, ...settings.users.map(({ name }) => name)];
}

/**
 * The users of a member, one `NAME RULES...` each, as a `user` line of a configuration file and `ACL SETUSER` both take
 * it. Passwords are in it as their SHA-256 only.
 *
 * `default` comes last. It is off, unless the setting `defaultUser` gives it what `app` has; a data node then starts
 * with {@link LOADER}, and changes over once its data is loaded (node/lib-loader.sh).
 */
export function aclLines(
  settings: DeploymentSettings,
  kind: keyof Rights,
  passwords: UserPasswords,
): readonly string[] {
  const line = (name: string, rights: readonly string[], accepted: readonly string[]): string =>
    [name, "reset", "on", ...accepted.map(hashed), ...rights].join(" ");
  const all = userNames(settings).flatMap((name) => {
    const rights = rightsOf(settings, name)[kind];
    return rights === undefined ? [] : [line(name, rights, passwords[name] ?? [])];
  });
  const app = rightsOf(settings, "app")[kind];
  const off = kind === "data" ? LOADER : "default reset off";
  const ofDefault = settings.defaultUser ? line("default", app ?? [], passwords.app ?? []) : off;
  return [...all, ofDefault];
}

function rightsOf(settings: DeploymentSettings, name: string): Rights {
  if (name === "app") {
    const usual = [...patterns(settings.appKeys), "&*", "+@all", ...HARMFUL, ...WHO_ARE_YOU, "+sort", "+sort_ro"];
    const data = [...usual, ...allowed(settings.appCommands)];
    return { data, sentinel: ASK_SENTINEL };
  }
  const own = settings.users.find((user) => user.name === name);
  if (own === undefined) {
    return builtIn[name as keyof typeof builtIn];
  }
  const channels = own.keys.map((pattern) => `&${pattern}`);
  const categories = allowed(own.commands.filter(isCategory));
  // Named one by one they are meant, dangerous or not.
  const single = allowed(own.commands.filter((name) => !isCategory(name)));
  return {
    data: [...patterns(own.keys), ...channels, "+@connection", ...categories, ...HARMFUL, ...WHO_ARE_YOU, ...single],
    sentinel: ASK_SENTINEL,
  };
}

const patterns = (keys: readonly string[]): string[] => keys.map((pattern) => `~${pattern}`);
const allowed = (commands: readonly string[]): string[] => commands.map((name) => `+${name}`);

/** Single commands that the settings give, by the user's name: of each user that they can be given to. */
export function singleCommands({
  appCommands,
  users,
}: DeploymentSettings): Readonly<Record<string, readonly string[]>> {
  const own = users.map(({ name, commands }) => [name, commands.filter((one) => !isCategory(one))] as const);
  return Object.fromEntries([["app", appCommands] as const, ...own]);
}

function sentinelCommand(name: string): string {
  return `+sentinel|${name}`;
}

function hashed(password: string): string {
  return `#${createHash("sha256").update(password).digest("hex")}`;
}
