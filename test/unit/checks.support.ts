import type { NodeFacts, NodeView, SentinelFacts, SentinelView, GroupView } from "../../checks/view";
import type { Contract, ContractMember } from "../../outputs/contract";

/** A contract of any size, with addresses inside the network that differ from those outside. */
export function contractOf(replicas: number, sentinels: number): Contract {
  const member = (name: string, index: number, outside: number, inside: number, port: number): ContractMember => ({
    name,
    host: "127.0.0.1",
    port: outside + index,
    announced: { host: `172.30.29.${inside + index}`, port },
    engine: "unix:///var/run/docker.sock",
  });
  const nodes = Array.from({ length: replicas + 1 }, (_, index) =>
    member(index === 0 ? "redis-master" : `redis-replica-${index}`, index, 6380, 11, 6379),
  );
  const watchers = Array.from({ length: sentinels }, (_, index) =>
    member(`redis-sentinel-${index + 1}`, index, 26379, 101, 26379),
  );
  const natMap = Object.fromEntries(
    [...nodes, ...watchers].map(({ announced, host, port }) => [`${announced.host}:${announced.port}`, { host, port }]),
  );
  const password = "generated-0123456789";
  return {
    contractVersion: 2,
    deployment: "redis",
    topology: sentinels > 0 ? "sentinel" : "replication",
    masterName: "mymaster",
    quorum: sentinels === 0 ? 0 : Math.floor(sentinels / 2) + 1,
    checkTimeoutS: 60,
    sentinels: watchers,
    nodes,
    users: { admin: `${password}-admin`, app: password },
    natMap,
    connection:
      sentinels > 0
        ? {
            sentinels: watchers.map(({ host, port }) => ({ host, port })),
            name: "mymaster",
            username: "app",
            password,
            sentinelUsername: "app",
            sentinelPassword: password,
            natMap,
          }
        : { host: nodes[0]!.host, port: nodes[0]!.port, username: "app", password },
  };
}

/** What a look at a group shows when all is well; any node may be the master. */
export function healthyView(contract: Contract, masterIndex = 0): GroupView {
  const master = contract.nodes[masterIndex]!;
  const replicas = contract.nodes.filter((node) => node !== master);
  const idOf = (sentinel: ContractMember): string => `id-of-${sentinel.name}`;
  return {
    nodes: contract.nodes.map((member): NodeView => ({ member, facts: nodeFacts(member, master, replicas) })),
    sentinels: contract.sentinels.map((member): SentinelView => {
      const peers = contract.sentinels.filter((peer) => peer !== member);
      return {
        member,
        facts: {
          id: idOf(member),
          version: "7.0.15",
          uptimeS: 10,
          masters: [
            {
              ...master.announced,
              name: contract.masterName,
              flags: ["master"],
              id: `run-${master.name}`,
              replicas: replicas.length,
              otherSentinels: peers.length,
              quorum: contract.quorum,
            },
          ],
          replicas: replicas.map((replica) => ({
            ...replica.announced,
            name: "",
            flags: ["slave"],
            id: `run-${replica.name}`,
          })),
          sentinels: peers.map((peer) => ({ ...peer.announced, name: "", flags: ["sentinel"], id: idOf(peer) })),
          masterAddress: master.announced,
          quorumCheck: { ok: true, text: `OK ${contract.sentinels.length} usable Sentinels.` },
        },
      };
    }),
  };
}

function nodeFacts(member: ContractMember, master: ContractMember, replicas: readonly ContractMember[]): NodeFacts {
  const common = {
    offset: 1000,
    loading: false,
    runId: `run-${member.name}`,
    version: "7.0.15",
    uptimeS: 10,
    usedMemoryBytes: 1_000_000,
    maxmemoryBytes: 0,
    connectedClients: 5,
    blockedClients: 0,
    keys: 0,
    replicasToWrite: 0,
    replicasThatCount: 0,
    loader: { bound: false, dropped: 0 },
    info: {},
  };
  return member === master
    ? {
        ...common,
        role: "master",
        attached: replicas.map(({ announced }) => ({ ...announced, state: "online", offset: 1000, lagS: 1 })),
      }
    : {
        ...common,
        role: "replica",
        attached: [],
        following: { master: master.announced, linkState: "connected", linkUp: true, syncing: false, lastIoS: 1 },
      };
}

/** The same view, but for the facts of one node. */
export function withNode(view: GroupView, name: string, change: (facts: NodeFacts) => Partial<NodeFacts>): GroupView {
  return {
    ...view,
    nodes: view.nodes.map((node) =>
      node.member.name === name && node.facts !== undefined
        ? { member: node.member, facts: { ...node.facts, ...change(node.facts) } }
        : node,
    ),
  };
}

/** The same view, but for the facts of one Sentinel. */
export function withSentinel(
  view: GroupView,
  name: string,
  change: (facts: SentinelFacts) => Partial<SentinelFacts>,
): GroupView {
  return {
    ...view,
    sentinels: view.sentinels.map((sentinel) =>
      sentinel.member.name === name && sentinel.facts !== undefined
        ? { member: sentinel.member, facts: { ...sentinel.facts, ...change(sentinel.facts) } }
        : sentinel,
    ),
  };
}

/** The same view, but one member does not answer. */
export function withoutAnswer(view: GroupView, name: string): GroupView {
  const failure = { kind: "refused", text: "connection refused" } as const;
  return {
    nodes: view.nodes.map((node) => (node.member.name === name ? { member: node.member, failure } : node)),
    sentinels: view.sentinels.map((node) => (node.member.name === name ? { member: node.member, failure } : node)),
  };
}
