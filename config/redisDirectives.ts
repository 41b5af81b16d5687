/**
 * redis.conf directives that the program sets itself; a line of `extraRedisConf` that names one is refused, with the
 * setting to use instead or the reason.
 */
const owned: Readonly<Record<string, string>> = {
  port: "use redisPort",
  bind: "use bindAddress",
  "tls-port": "use tls and redisPort",
  "tls-replication": "use tls",
  "tls-auth-clients": "use tlsClientCertificates",
  "tls-protocols": "with tls it is TLS 1.2 or 1.3",
  "tls-cert-file": "use tls, and tlsCertificate for one of your own",
  "tls-key-file": "use tls, and tlsKey for one of your own",
  "tls-ca-cert-file": "use tls, and tlsAuthorities for your own",
  dir: "the data volume is mounted there",
  "protected-mode": "a password is always set",
  requirepass: "use password, or leave it generated",
  masterauth: "replication has a user and a password of its own",
  masteruser: "replication has a user and a password of its own",
  user: "use users",
  aclfile: "use users",
  replicaof: "Sentinel or `promote` decides the roles",
  slaveof: "Sentinel or `promote` decides the roles",
  "replica-announce-ip": "it follows from network and hosts",
  "replica-announce-port": "it follows from network and redisPort",
  "replica-priority": "it is 0 until the first sync, so that an empty replica is never promoted",
  "replica-read-only": "a replica that takes writes loses them",
  maxmemory: "use maxmemoryMb",
  "maxmemory-policy": "use maxmemoryPolicy",
  save: "use save",
  appendonly: "use appendonly",
  appendfsync: "use appendfsync",
  "notify-keyspace-events": "use notifyKeyspaceEvents",
  dbfilename: "the node's boot expects dump.rdb",
  appenddirname: "the node's boot expects appendonlydir",
  "min-replicas-to-write": "use minReplicasToWrite",
  "min-replicas-max-lag": "use minReplicasMaxLagS",
  loglevel: "use logLevel",
  logfile: "logs go to the container's log",
  daemonize: "the server stays in the foreground",
  pidfile: "the container has one server",
  supervised: "the container has one server",
  include: "only what the settings say is in the file",
  "rename-command": "the node's scripts and Sentinel need the commands",
  "cluster-announce-hostname": "the node's scripts keep their note for each other in it",
  "proc-title-template": "it shows which settings the node has",
  "cluster-enabled": "Redis Cluster is not what this deploys",
};

/** Why a redis.conf directive is the program's own; undefined when it is free. Case does not matter, as in Redis. */
export function ownedDirective(directive: string): string | undefined {
  const name = directive.toLowerCase();
  const alias = name
    .replace(/^slave-/, "replica-")
    .replace(/^min-slaves-/, "min-replicas-")
    // Valkey's
    .replace(/^primary(?=auth$|user$)/, "master");
  return Object.hasOwn(owned, alias) ? owned[alias] : undefined;
}

/** A switch, as Redis spells it. */
export const yesNo = (value: boolean): string => (value ? "yes" : "no");
