import { endpointText, majorityOf } from "../../config/plan";
import { certificateWarnings, fewestDaysLeft } from "../../checks/certificate";
import { judge } from "../../checks/judge";
import { announcedBy } from "../../checks/members";
import type { Finding } from "../../checks/report";
import { currentMaster, lagOf } from "../../checks/roles";
import { isStandby } from "../../checks/undecided";
import type { GroupView, NodeView, SentinelView } from "../../checks/view";
import type { Contract, ContractMember } from "../../outputs/contract";

/** What one look at a deployment amounts to, for a person or a machine that asks how it is. */
export interface Status {
  readonly deployment: string;
  readonly healthy: boolean;
  /** One sentence: who is master, how many replicas count, whether a failover is possible. */
  readonly verdict: string;
  /** Name of the master that the Sentinels' majority (or, without Sentinels, the nodes) names. */
  readonly master?: string;
  readonly nodes: readonly NodeRow[];
  readonly sentinels: readonly SentinelRow[];
  /** What is not as it should be, and what to do about it. */
  readonly findings: readonly Finding[];
  /** Fewest days left among the members' certificates; absent without TLS. */
  readonly certificateDaysLeft?: number;
  /** What will be wrong if nobody does anything. */
  readonly warnings: readonly string[];
}

interface Row {
  readonly name: string;
  /** Where it is reached from the engine's host. */
  readonly address: string;
  /** Why it could not be asked; then all else is absent. */
  readonly error?: string;
}

export interface NodeRow extends Row {
  /** `standby`: not decided yet, takes no writes. */
  readonly role?: "master" | "replica" | "standby";
  readonly version?: string;
  /** `up`, or why a replica gets nothing; for a master, how many replicas are attached. */
  readonly link?: string;
  readonly lagBytes?: number;
  readonly lagS?: number;
  readonly usedMemoryBytes?: number;
  /** 0 is no limit. */
  readonly maxmemoryBytes?: number;
  readonly clients?: number;
  readonly keys?: number;
  readonly uptimeS?: number;
}

export interface SentinelRow extends Row {
  readonly version?: string;
  /** Name of the node that it names as master. */
  readonly master?: string;
  readonly replicas?: number;
  readonly peers?: number;
  /** Whether it could start a failover. */
  readonly quorumOk?: boolean;
  readonly uptimeS?: number;
}

/** Sums up a look at a deployment. Pure. */
export function statusOf(contract: Contract, view: GroupView): Status {
  const master = currentMaster(contract, view);
  const { findings } = judge(contract, view);
  return {
    deployment: contract.deployment,
    healthy: findings.length === 0,
    verdict: verdictOf(contract, view, master, findings.length),
    master: master?.name,
    nodes: view.nodes.map((node) => nodeRow(contract, view, master, node)),
    sentinels: view.sentinels.map((sentinel) => sentinelRow(contract, sentinel)),
    findings,
    certificateDaysLeft: fewestDaysLeft(view),
    warnings: certificateWarnings(view),
  };
}

function verdictOf(contract: Contract, view: GroupView, master: ContractMember | undefined, findings: number): string {
  const answering = [...view.nodes, ...view.sentinels].filter(({ facts }) => facts !== undefined).length;
  if (answering === 0) {
    return `${contract.deployment}: no member answers`;
  }
  const parts = [
    masterText(contract, view, master),
    ...(master === undefined ? [] : [replicasText(contract, view, master)]),
    ...(contract.sentinels.length === 0 ? [] : [quorumText(contract, view)]),
  ];
  const more = findings === 0 ? "" : ` - ${findings === 1 ? "1 finding" : `${findings} findings`}`;
  return `${contract.deployment}: ${parts.join(", ")}${more}`;
}

function masterText(contract: Contract, view: GroupView, master: ContractMember | undefined): string {
  if (master === undefined) {
    return contract.sentinels.length === 0 ? "no master" : "no master that a majority of the Sentinels names";
  }
  const where = `${master.name} (${endpointText(master)})`;
  const node = view.nodes.find(({ member }) => member.name === master.name);
  if (node?.facts === undefined) {
    return `master ${where} does not answer`;
  }
  return node.facts.role === "master" ? `master is ${where}` : `master should be ${where}, which is a replica`;
}

function replicasText(contract: Contract, view: GroupView, master: ContractMember): string {
  const inSync = view.nodes.filter(({ facts }) => {
    const following = facts?.following;
    return following !== undefined && linkText(contract, master, following) === "up";
  });
  return `${inSync.length} of ${contract.nodes.length - 1} replicas in sync`;
}

/** A failover needs a majority of all Sentinels, each of which sees enough of the others. */
function quorumText(contract: Contract, view: GroupView): string {
  const able = view.sentinels.filter(({ facts }) => facts?.quorumCheck.ok).length;
  return able >= Math.max(contract.quorum, majorityOf(contract.sentinels.length))
    ? "quorum OK"
    : `NO QUORUM (${able} of ${contract.sentinels.length} Sentinels could start a failover)`;
}

function nodeRow(contract: Contract, view: GroupView, master: ContractMember | undefined, node: NodeView): NodeRow {
  const { member, facts, failure } = node;
  const row = { name: member.name, address: endpointText(member) };
  if (facts === undefined) {
    return { ...row, error: failure.text };
  }
  const lag = facts.role === "master" || master === undefined ? undefined : lagOf(contract, view, master, member);
  return {
    ...row,
    role: isStandby(facts.following) ? "standby" : facts.role,
    version: facts.version,
    link: facts.loading
      ? "loading its data"
      : facts.following === undefined
        ? attachedText(facts.attached.length)
        : linkText(contract, master, facts.following),
    lagBytes: lag?.bytes,
    lagS: lag?.seconds,
    usedMemoryBytes: facts.usedMemoryBytes,
    maxmemoryBytes: facts.maxmemoryBytes,
    clients: facts.connectedClients,
    keys: facts.keys,
    uptimeS: facts.uptimeS,
  };
}

const attachedText = (count: number): string => (count === 1 ? "1 replica" : `${count} replicas`);

function linkText(
  contract: Contract,
  master: ContractMember | undefined,
  following: NonNullable<NonNullable<NodeView["facts"]>["following"]>,
): string {
  if (isStandby(following)) {
    return "undecided";
  }
  const followed = announcedBy(contract, following.master)?.name ?? endpointText(following.master);
  if (master !== undefined && followed !== master.name) {
    return `follows ${followed}`;
  }
  if (following.syncing) {
    return "syncing";
  }
  return following.linkUp ? "up" : "down";
}

function sentinelRow(contract: Contract, { member, facts, failure }: SentinelView): SentinelRow {
  const row = { name: member.name, address: endpointText(member) };
  if (facts === undefined) {
    return { ...row, error: failure.text };
  }
  const own = facts.masters.find(({ name }) => name === contract.masterName);
  const named = facts.masterAddress;
  return {
    ...row,
    version: facts.version,
    master: named === undefined ? undefined : (announcedBy(contract, named)?.name ?? endpointText(named)),
    replicas: own?.replicas ?? 0,
    peers: own?.otherSentinels ?? 0,
    quorumOk: facts.quorumCheck.ok,
    uptimeS: facts.uptimeS,
  };
}
