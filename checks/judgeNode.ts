import { endpointText } from "../config/plan";
import type { Contract, ContractMember } from "../outputs/contract";
import { judgeDisk } from "./judgeDisk";
import { judgeLoader } from "./judgeLoader";
import { describe, describeAddress, announcedBy } from "./members";
import { copiedSoFar, loadedSoFar } from "./patience";
import {
  bringBack,
  bringReplicas,
  chooseMaster,
  demoteStray,
  letStart,
  rejoin,
  removeStranger,
  resync,
  settleRole,
  waitForLoading,
} from "./remedies";
import { lagOf, mastersByRole } from "./roles";
import { isStandby } from "./undecided";
import type { Deviation, Verdict } from "./verdict";
import type { Following, GroupView, NodeFacts, NodeView } from "./view";

/** What each member is judged against. */
export interface GroupContext {
  readonly contract: Contract;
  readonly view: GroupView;
  /** The master that the nodes should have; undefined when nobody can tell. */
  readonly master?: ContractMember;
  /** The master that the group officially has: the one that most Sentinels name, or the only one by ROLE. */
  readonly named?: ContractMember;
}

/**
 * Bytes that a replica may be behind. More than what is written between two answers of one look, far less than the
 * 64 MB at which Redis itself gives a replica up.
 */
const MAX_LAG_BYTES = 16 * 1024 * 1024;
/** Seconds since a replica's last acknowledgement; it sends one every second. */
const MAX_LAG_S = 5;

/** Role and replication of one data node. */
export function judgeNode(group: GroupContext, node: NodeView): readonly Verdict[] {
  const { member, facts, failure, undecided } = node;
  const subject = member.name;
  if (failure !== undefined && undecided !== undefined) {
    const seen = `has not started its server (${undecided})`;
    const deviations = [{ seen, remedy: letStart(subject, undecided) }];
    return [{ subject, check: "answers", expected: "a data node that answers", detail: "", deviations }];
  }
  if (failure !== undefined) {
    const at = endpointText(member);
    const seen =
      failure.kind === "full"
        ? `lets nobody else in at ${at}: ${failure.text}`
        : `does not answer (${failure.text} at ${at})`;
    const deviations = [{ seen, remedy: bringBack(member, failure) }];
    return [{ subject, check: "answers", expected: "a data node that answers", detail: "", deviations }];
  }
  if (isStandby(facts.following)) {
    return [judgeStandby(group, node), ...judgeLoader(member, facts)];
  }
  return [
    judgeRole(group, member, facts),
    judgeReplication(group, member, facts),
    ...judgeDisk(member, facts),
    ...judgeLoader(member, facts),
  ];
}

/** Its link is meant to be down, so nothing else needs to be said of it. */
function judgeStandby({ contract }: GroupContext, { member, undecided }: NodeView): Verdict {
  const why = undecided === undefined ? "" : ` (${undecided})`;
  return {
    subject: member.name,
    check: "ROLE",
    expected: "a role: master or replica",
    detail: "",
    deviations: [
      {
        seen: `has no role yet and takes no writes${why}`,
        remedy: settleRole(member.name, contract.topology, undecided),
      },
    ],
  };
}

function judgeRole(group: GroupContext, member: ContractMember, facts: NodeFacts): Verdict {
  const { contract, view, master } = group;
  const subject = member.name;
  const verdict = (expected: string, detail: string, ...deviations: Deviation[]): Verdict => ({
    subject,
    check: "ROLE",
    expected,
    detail,
    deviations,
  });
  const follows = facts.following === undefined ? "" : describeAddress(contract, facts.following.master);
  if (master === undefined) {
    const others = mastersByRole(view).filter(({ name }) => name !== subject);
    return facts.role === "master" && others.length > 0
      ? verdict("exactly one master", "", {
          seen: `is a master, and so is ${others.map(describe).join(", ")}`,
          remedy: chooseMaster(),
        })
      : verdict("a role that fits the group", facts.role === "master" ? "master" : `replica of ${follows}`);
  }
  if (master.name === subject) {
    return facts.role === "master"
      ? verdict("master", "master")
      : verdict("master, as the Sentinels say", "", {
          seen: `is a replica of ${follows}, not master`,
          remedy: rejoin(subject),
        });
  }
  const expected = `a replica of ${describe(master)}`;
  if (facts.role === "master") {
    const remedy = contract.sentinels.length > 0 ? demoteStray(subject) : chooseMaster();
    return verdict(expected, "", { seen: `is a master too, beside ${describe(master)}`, remedy });
  }
  return isMember(contract, facts.following?.master, master)
    ? verdict(expected, `replica of ${follows}`)
    : verdict(expected, "", { seen: `is a replica of ${follows}`, remedy: rejoin(subject) });
}

function judgeReplication(group: GroupContext, member: ContractMember, facts: NodeFacts): Verdict {
  const verdict = (expected: string, detail: string, deviations: readonly Deviation[]): Verdict => ({
    subject: member.name,
    check: "INFO replication",
    expected,
    detail,
    deviations: facts.loading
      ? [
          { seen: `still loads its data set from disk${loadedSoFar(facts)}`, remedy: waitForLoading(member.name) },
          ...deviations,
        ]
      : deviations,
  });
  if (facts.following !== undefined) {
    const lag = group.master === undefined ? undefined : lagOf(group.contract, group.view, group.master, member);
    const detail = `link up${lag === undefined ? "" : `, ${lag.bytes} bytes and ${lag.seconds ?? "?"} s behind`}`;
    return verdict("link up, no sync in progress", detail, [
      ...linkDeviations(group, member, facts, facts.following),
      ...(lag !== undefined && lag.bytes > MAX_LAG_BYTES
        ? [{ seen: `is ${lag.bytes} bytes behind its master`, remedy: resync(member.name) }]
        : []),
    ]);
  }
  if (group.master !== undefined && group.master.name !== member.name) {
    return verdict("what a replica has", "master", []); // A second master: ROLE has said so.
  }
  const others = group.contract.nodes.filter(({ name }) => name !== member.name);
  const attached = others.filter((other) => attachedAs(group, facts, other)?.state === "online");
  const slowest = Math.max(0, ...facts.attached.map(({ lagS }) => lagS));
  return verdict(
    `${others.length} replicas online`,
    `${attached.length} of ${others.length} replicas online${others.length === 0 ? "" : `, at most ${slowest} s behind`}`,
    [
      ...(facts.replicasThatCount < facts.replicasToWrite
        ? [
            {
              seen: `refuses every write (NOREPLICAS): ${facts.replicasThatCount} of the ${facts.replicasToWrite} replicas are in sync that \`minReplicasToWrite\` asks for`,
              remedy: bringReplicas(),
            },
          ]
        : []),
      ...others.flatMap((other) => attachmentDeviations(group, facts, other)),
      ...facts.attached
        .filter((replica) => announcedBy(group.contract, replica) === undefined)
        .map((stranger) => ({
          seen: `has a replica that is not of this deployment, ${endpointText(stranger)}`,
          remedy: removeStranger(endpointText(stranger)),
        })),
    ],
  );
}

function linkDeviations(
  group: GroupContext,
  member: ContractMember,
  facts: NodeFacts,
  following: Following,
): readonly Deviation[] {
  const master = describeAddress(group.contract, following.master);
  const about = group.master?.name;
  if (following.syncing || following.linkState === "sync") {
    return [{ seen: `still copies the data set from ${master}${copiedSoFar(facts)}`, remedy: resync(member.name) }];
  }
  return following.linkUp && following.linkState === "connected"
    ? []
    : [{ seen: `has no link to ${master} (${following.linkState})`, remedy: resync(member.name), about }];
}

function attachmentDeviations(group: GroupContext, facts: NodeFacts, replica: ContractMember): readonly Deviation[] {
  const about = replica.name;
  const remedy = resync(replica.name);
  const seen = attachedAs(group, facts, replica);
  if (seen === undefined) {
    return [{ seen: `has no replica ${describe(replica)}`, remedy, about }];
  }
  if (seen.state !== "online") {
    return [{ seen: `has ${describe(replica)} as a replica in state ${seen.state}`, remedy, about }];
  }
  return seen.lagS > MAX_LAG_S
    ? [{ seen: `has not heard from ${describe(replica)} for ${seen.lagS} s`, remedy, about }]
    : [];
}

const attachedAs = (group: GroupContext, facts: NodeFacts, replica: ContractMember) =>
  facts.attached.find((address) => isMember(group.contract, address, replica));

function isMember(
  contract: Contract,
  address: { host: string; port: number } | undefined,
  member: ContractMember,
): boolean {
  return address !== undefined && announcedBy(contract, address)?.name === member.name;
}
