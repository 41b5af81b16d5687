import { commandNames } from "./commandNames";
import { nearestName } from "./problems";

/** Commands that no application is given, and why: they would break the deployment, or open the door to all data. */
const REFUSED: Readonly<Record<string, string>> = {
  ...each("acl|deluser acl|dryrun acl|getuser acl|list acl|load acl|log acl|save acl|setuser acl|users", {
    because: "it makes users, or shows them and the hashes of their passwords",
  }),
  ...each("client|pause client|unpause", {
    because: "a hand-over holds writes with it; let go in the middle of one, they would be lost",
  }),
  ...each([...commandNames].filter((name) => /^(cluster\||asking$|readonly$|readwrite$)/.test(name)).join(" "), {
    because: "it is for Redis Cluster, which is not what this deploys",
  }),
  "config|get": "it shows the password with which replicas copy all data",
  "config|set":
    "it changes one node until it restarts; use the settings, such as notifyKeyspaceEvents and extraRedisConf",
  "config|rewrite": "the program writes the servers' files",
  ...each("debug pfdebug pfselftest restore-asking", {
    because: "it is for Redis's own tests, and can end the server",
  }),
  ...each("failover replicaof slaveof", { because: "Sentinel or `promote` decides the roles" }),
  ...each("module|load module|loadex module|unload", { because: "it runs code of its own inside the server" }),
  monitor: "it shows what all others send, whatever keys the user may use",
  ...each("psync replconf sync", { because: "it copies all data, whatever keys the user may use" }),
  shutdown: "it ends the server",
};

/** What a command may do to others; they are given, with a warning. */
const RISKS: Readonly<Record<string, string>> = {
  ...each("bgrewriteaof bgsave", { because: "the server writes all data to its disk, which takes memory and time" }),
  "client|kill": "it ends the connections of others, of replicas and of Sentinels",
  "client|no-evict": "it keeps a connection that takes too much memory from being ended",
  "client|unblock": "it ends the waiting of others, with an error if it is asked to",
  "config|resetstat": "it sets to zero what a monitor counts",
  flushall: "it deletes all keys of all databases, whatever keys the user may use",
  flushdb: "it deletes all keys of a database, whatever keys the user may use",
  keys: "the server does nothing else while it looks at every key, and it names all keys, whatever keys the user may use",
  "latency|reset": "it deletes what a monitor reads",
  migrate: "it sends keys to any server that can be reached, and deletes them here",
  restore: "it takes a value in the server's own format, and one that was made for it can end the server",
  save: "the server does nothing else while it writes all data to its disk; after downAfterMs it counts as down",
  "slowlog|get": "it shows commands and values of others, whatever keys the user may use",
  "slowlog|reset": "it deletes what a monitor reads",
  swapdb: "it exchanges two databases for all clients at once",
};

function each(names: string, { because }: { readonly because: string }): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, because]));
}

const own = (list: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(list, name) ? list[name] : undefined;

/** Whether an item of `commands` is a category, such as `@read`. */
export const isCategory = (name: string): boolean => name.startsWith("@");

const subcommandsOf = (name: string): readonly string[] =>
  [...commandNames].filter((other) => other.startsWith(`${name}|`));

/** Why a user is not given a command, and what to set instead, if that is known; undefined when it is given. */
export function commandRefusal(name: string): { readonly reason: string; readonly instead?: string } | undefined {
  if (!commandNames.has(name)) {
    const nearest = nearestName(name, [...commandNames]);
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return {
      reason: `is no command that every server from Redis 7.0 on knows${hint}`,
      ...(nearest !== undefined && commandRefusal(nearest) === undefined ? { instead: nearest } : {}),
    };
  }
  const because = own(REFUSED, name);
  if (because !== undefined) {
    return { reason: `is given to no application: ${because}` };
  }
  const subcommands = subcommandsOf(name);
  const refused = subcommands.find((subcommand) => own(REFUSED, subcommand) !== undefined);
  if (refused === undefined) {
    return undefined;
  }
  const allowed = subcommands.filter((subcommand) => own(REFUSED, subcommand) === undefined);
  const which = allowed.length === 0 ? "" : `; allowed of it: ${allowed.join(", ")}`;
  return { reason: `has ${refused} in it, which is given to no application: ${own(REFUSED, refused)}${which}` };
}

/** What a command that is given may do to others; undefined for a harmless one. */
export const commandRisk = (name: string): string | undefined =>
  own(RISKS, name) ??
  subcommandsOf(name)
    .map((subcommand) => own(RISKS, subcommand))
    .find((risk) => risk !== undefined);
