import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeClient, sentinelClient } from "../../checks/connections";
import type { InsideProbe } from "../../checks/inside";
import { verify, type VerifyOptions, type VerifyReport } from "../../checks/verify";
import type { Contract, ContractMember } from "../../outputs/contract";
import { freePorts } from "../support/freePorts";
import { waitFor } from "../support/waitFor";

/**
 * Bare Redis and Sentinel processes with hand-written configurations: the checks are to be seen judging, whatever state
 * the node's own scripts are in. Members announce 127.0.0.2 and are reached at 127.0.0.1, so that every address has to
 * be translated.
 */
const OUTSIDE = "127.0.0.1";
const INSIDE = "127.0.0.2";
const PASSWORD = "functional-0123456789";

export interface GroupOptions {
  /** @default 2 */
  readonly replicas?: number;
  /** @default 3 */
  readonly sentinels?: number;
  /** Further lines of a member's configuration, by its name. */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  /** Members that run without any password. */
  readonly open?: readonly string[];
  /** Members that are not started. */
  readonly absent?: readonly string[];
}

/** A running group and the contract that describes it. */
export interface TestGroup {
  readonly contract: Contract;
  member(name: string): ContractMember;
  start(name: string): void;
  /** Sends a signal and, if it ends the process, waits for that. */
  signal(name: string, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  command(name: string, ...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
  /** `verify` with a probe from inside that asks the first Sentinel or node, as there is no container. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
}

/** Runs `body` with a group; afterwards none of its processes is left. */
export async function withTestGroup(options: GroupOptions, body: (group: TestGroup) => Promise<void>): Promise<void> {
  const { replicas = 2, sentinels = 3 } = options;
  const contract = contractAt(await freePorts(20), replicas, sentinels);
  const folder = mkdtempSync(join(tmpdir(), "redis-checks-"));
  const processes = new Map<string, ChildProcess>();
  const members = [...contract.nodes, ...contract.sentinels];
  const member = (name: string): ContractMember => members.find((candidate) => candidate.name === name)!;

  const logOf = (name: string): string => join(folder, `${name}.log`);

  const start = (name: string): void => {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    const isSentinel = contract.sentinels.some((sentinel) => sentinel.name === name);
    const text = isSentinel
      ? sentinelConf(contract, member(name), options)
      : redisConf(contract, member(name), options);
    const file = join(home, "server.conf");
    writeFileSync(file, `${text.join("\n")}\n`);
    const log = openSync(logOf(name), "a");
    const args = [file, ...(isSentinel ? ["--sentinel"] : [])];
    processes.set(name, spawn("redis-server", args, { cwd: home, stdio: ["ignore", log, log] }));
    closeSync(log);
  };

  const startAll = async (some: readonly ContractMember[]): Promise<void> => {
    const present = some.filter(({ name }) => options.absent?.includes(name) !== true);
    present.forEach(({ name }) => start(name));
    await Promise.all(present.map((one) => listening(one, processes.get(one.name)!, logOf(one.name))));
  };

  try {
    // A Sentinel that finds no master when it starts tries again after 1 s, which is when it would begin a failover.
    await startAll(contract.nodes);
    await startAll(contract.sentinels);
    await body({
      contract,
      member,
      start,
      signal: (name, signal) => send(processes.get(name)!, signal),
      async command(name, ...[command, ...args]) {
        const isSentinel = contract.sentinels.some((sentinel) => sentinel.name === name);
        const password = options.open?.includes(name) === true ? { password: undefined } : {};
        const client = (isSentinel ? sentinelClient : nodeClient)(contract, member(name), password);
        try {
          return await client.call(command, ...args);
        } finally {
          client.disconnect();
        }
      },
      verify: (given = {}) => verify(contract, { inside: fromHere, timeoutS: 15, ...given }),
    });
  } finally {
    await Promise.all([...processes.values()].map((child) => send(child, "SIGKILL")));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Stands in for the probe in a container: asks one member for the master, from the same machine. */
export const fromHere: InsideProbe = async (contract, _from, signal) => {
  signal.throwIfAborted();
  if (contract.sentinels.length === 0) {
    return contract.nodes[0]!.announced;
  }
  const client = sentinelClient(contract, contract.sentinels[0]!);
  try {
    const [host, port] = (await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", contract.masterName)) as string[];
    return { host: host!, port: Number(port) };
  } finally {
    client.disconnect();
  }
};

function contractAt(firstPort: number, replicas: number, sentinelCount: number): Contract {
  const memberAt = (name: string, port: number): ContractMember => ({
    name,
    host: OUTSIDE,
    port,
    announced: { host: INSIDE, port },
    engine: "unix:///unused",
  });
  const nodes = Array.from({ length: replicas + 1 }, (_, index) =>
    memberAt(index === 0 ? "redis-master" : `redis-replica-${index}`, firstPort + index),
  );
  const sentinels = Array.from({ length: sentinelCount }, (_, index) =>
    memberAt(`redis-sentinel-${index + 1}`, firstPort + 10 + index),
  );
  const natMap = Object.fromEntries(
    [...nodes, ...sentinels].map(({ host, port, announced }) => [
      `${announced.host}:${announced.port}`,
      { host, port },
    ]),
  );
  const app = { username: "app", password: PASSWORD };
  const common = { natMap, users: { admin: PASSWORD, app: PASSWORD } };
  return {
    contractVersion: 2,
    deployment: "redis",
    topology: sentinelCount > 0 ? "sentinel" : "replication",
    masterName: "mymaster",
    quorum: Math.floor(sentinelCount / 2) + (sentinelCount === 0 ? 0 : 1),
    checkTimeoutS: 15,
    nodes,
    sentinels,
    ...common,
    connection:
      sentinelCount > 0
        ? {
            sentinels: sentinels.map(({ host, port }) => ({ host, port })),
            name: "mymaster",
            ...app,
            sentinelUsername: "app",
            sentinelPassword: PASSWORD,
            natMap,
          }
        : { host: OUTSIDE, port: firstPort, ...app },
  };
}

const common = ({ name, port }: ContractMember, { lines, open }: GroupOptions): readonly string[] => [
  `port ${port}`,
  "bind 127.0.0.1 127.0.0.2",
  ...(open?.includes(name) === true
    ? ["protected-mode no"]
    : [`requirepass ${PASSWORD}`, ...["admin", "app"].map((user) => `user ${user} on >${PASSWORD} ~* &* +@all`)]),
  ...(lines?.[name] ?? []),
];

function redisConf(contract: Contract, node: ContractMember, options: GroupOptions): readonly string[] {
  const [master] = contract.nodes;
  return [
    ...common(node, options),
    `replica-announce-ip ${node.announced.host}`,
    `masterauth ${PASSWORD}`,
    'save ""',
    // The first copy of an empty data set need not wait for others that want it too.
    "repl-diskless-sync-delay 0",
    ...(node.name === master!.name ? [] : [`replicaof ${master!.announced.host} ${master!.announced.port}`]),
  ];
}

function sentinelConf(contract: Contract, sentinel: ContractMember, options: GroupOptions): readonly string[] {
  const [master, ...replicas] = contract.nodes;
  const name = contract.masterName;
  const idOf = (member: ContractMember): string => createHash("sha1").update(member.name).digest("hex");
  const at = ({ announced: { host, port } }: ContractMember): string => `${host} ${port}`;
  return [
    ...common(sentinel, options),
    `sentinel myid ${idOf(sentinel)}`,
    `sentinel announce-ip ${sentinel.announced.host}`,
    `sentinel monitor ${name} ${at(master!)} ${contract.quorum}`,
    `sentinel auth-pass ${name} ${PASSWORD}`,
    `sentinel down-after-milliseconds ${name} 1000`,
    ...replicas.map((replica) => `sentinel known-replica ${name} ${at(replica)}`),
    ...contract.sentinels
      .filter((peer) => peer !== sentinel)
      .map((peer) => `sentinel known-sentinel ${name} ${at(peer)} ${idOf(peer)}`),
  ];
}

async function send(child: ChildProcess, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = signal === "SIGKILL" ? new Promise((resolve) => child.once("exit", resolve)) : undefined;
  child.kill(signal);
  await ended;
}

async function listening({ name, port }: ContractMember, child: ChildProcess, log: string): Promise<void> {
  await waitFor(`${name} to take connections on port ${port}`, async () => {
    if (child.exitCode !== null) {
      throw new Error(`it ended with exit code ${child.exitCode}:\n${readFileSync(log, "utf8")}`);
    }
    return accepts(port);
  });
}

/** By a connection: trying to bind the port, as a look for a free one does, would take it from the server that starts. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, OUTSIDE, () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
