import { endpointText } from "../config/plan";
import type { ContractMember } from "../outputs/contract";
import type { GroupContext } from "./judgeNode";
import { describe, describeAddress, announcedBy } from "./members";
import {
  applySettings,
  bringBack,
  findMaster,
  informSentinel,
  isAboutDisk,
  letStart,
  removeStranger,
  restoreQuorum,
  settleRole,
} from "./remedies";
import type { Deviation, Verdict } from "./verdict";
import { DOWN_FLAGS, type SentinelFacts, type SentinelView, type WatchedInstance, type WatchedMaster } from "./view";

/** Everything that one Sentinel says about the group. */
export function judgeSentinel(group: GroupContext, sentinel: SentinelView): readonly Verdict[] {
  const { member, facts, failure, undecided } = sentinel;
  const subject = member.name;
  if (failure !== undefined && undecided !== undefined) {
    const deviations = isAboutDisk(undecided)
      ? [{ seen: `has not started its server (${undecided})`, remedy: letStart(subject, undecided) }]
      : [
          {
            seen: `does not know yet whom to watch (${undecided})`,
            remedy: settleRole(subject, group.contract.topology, undecided),
          },
        ];
    return [{ subject, check: "answers", expected: "a Sentinel that answers", detail: "", deviations }];
  }
  if (failure !== undefined) {
    const seen = `does not answer (${failure.text} at ${endpointText(member)})`;
    const deviations = [{ seen, remedy: bringBack(member, failure) }];
    return [{ subject, check: "answers", expected: "a Sentinel that answers", detail: "", deviations }];
  }
  return [
    judgeMasters(group, member, facts),
    judgeReplicas(group, member, facts),
    judgePeers(group, member, facts),
    judgeMasterAddress(group, member, facts),
    {
      subject,
      check: "SENTINEL CKQUORUM",
      expected: "enough Sentinels for a failover",
      detail: facts.quorumCheck.text,
      deviations: facts.quorumCheck.ok
        ? []
        : [{ seen: `says that no failover is possible: ${facts.quorumCheck.text}`, remedy: restoreQuorum() }],
    },
  ];
}

function judgeMasters(group: GroupContext, member: ContractMember, facts: SentinelFacts): Verdict {
  const { contract } = group;
  const own = facts.masters.find(({ name }) => name === contract.masterName);
  const others = facts.masters.filter(({ name }) => name !== contract.masterName);
  return {
    subject: member.name,
    check: "SENTINEL MASTERS",
    expected: `one master, ${contract.masterName}, up, with ${contract.nodes.length - 1} replicas, ${contract.sentinels.length - 1} other Sentinels and quorum ${contract.quorum}`,
    detail: `${contract.masterName}, ${own?.replicas} replicas, ${own?.otherSentinels} other Sentinels, quorum ${own?.quorum}`,
    deviations: [
      ...(own === undefined
        ? [{ seen: `does not know ${contract.masterName}`, remedy: informSentinel(member.name) }]
        : masterDeviations(group, member, own)),
      ...others.map(({ name }) => ({
        seen: `also watches ${name}, which is not of this deployment`,
        remedy: `take it away with \`SENTINEL REMOVE ${name}\` on ${member.name}`,
      })),
    ],
  };
}

function masterDeviations(group: GroupContext, member: ContractMember, master: WatchedMaster): readonly Deviation[] {
  const { contract } = group;
  const replicas = contract.nodes.length - 1;
  const peers = contract.sentinels.length - 1;
  const remedy = informSentinel(member.name);
  const where = describeAddress(contract, master);
  const badFlags = master.flags.filter((flag) => flag !== "master");
  return [
    ...(badFlags.length > 0
      ? [
          {
            seen: `sees the master ${where} as ${badFlags.join(", ")}`,
            remedy,
            about: announcedBy(contract, master)?.name,
          },
        ]
      : []),
    ...(group.named !== undefined && announcedBy(contract, master)?.name !== group.named.name
      ? [{ seen: `watches ${where} as the master`, remedy }]
      : []),
    ...(master.replicas !== replicas ? [{ seen: `sees ${master.replicas} of ${replicas} replicas`, remedy }] : []),
    ...(master.otherSentinels !== peers
      ? [{ seen: `sees ${master.otherSentinels} of ${peers} other Sentinels`, remedy }]
      : []),
    ...(master.quorum !== contract.quorum
      ? [{ seen: `has quorum ${master.quorum} instead of ${contract.quorum}`, remedy: applySettings() }]
      : []),
  ];
}

/**
 * Only what a Sentinel finds out by itself is judged. What it repeats of the replicas' INFO (their master, their link)
 * is up to 10 s old; the replicas were asked themselves.
 */
function judgeReplicas(group: GroupContext, member: ContractMember, facts: SentinelFacts): Verdict {
  const master = group.named ?? group.master;
  const expected = group.contract.nodes.filter(({ name }) => name !== master?.name);
  return {
    subject: member.name,
    check: "SENTINEL REPLICAS",
    expected: expected.length === 0 ? "no replica" : `${expected.map(describe).join(", ")}, all up, and no other`,
    detail: facts.replicas.map((replica) => nameOf(group, replica)).join(", ") || "none",
    deviations: watchDeviations(group, member, facts.replicas, expected, "replica"),
  };
}

function judgePeers(group: GroupContext, member: ContractMember, facts: SentinelFacts): Verdict {
  const { contract, view } = group;
  const expected = contract.sentinels.filter(({ name }) => name !== member.name);
  const ids = [facts.id, ...facts.sentinels.map(({ id }) => id)];
  const ownIdOf = (peer: WatchedInstance): string | undefined =>
    view.sentinels.find(({ member: { announced } }) => announced.host === peer.host && announced.port === peer.port)
      ?.facts?.id;
  return {
    subject: member.name,
    check: "SENTINEL SENTINELS",
    expected:
      expected.length === 0
        ? "no other Sentinel"
        : `${expected.map(describe).join(", ")}, all up, each with its own id, and no other`,
    detail: facts.sentinels.map((peer) => nameOf(group, peer)).join(", ") || "none",
    deviations: [
      ...watchDeviations(group, member, facts.sentinels, expected, "Sentinel"),
      ...(new Set(ids).size < ids.length
        ? [{ seen: "knows two Sentinels with the same id", remedy: informSentinel(member.name) }]
        : []),
      ...facts.sentinels
        .filter((peer) => (ownIdOf(peer) ?? peer.id) !== peer.id)
        .map((peer) => ({
          seen: `knows ${describeAddress(contract, peer)} under an id that it does not have`,
          remedy: informSentinel(member.name),
        })),
    ],
  };
}

function judgeMasterAddress(group: GroupContext, member: ContractMember, facts: SentinelFacts): Verdict {
  const { contract, named } = group;
  const answer = facts.masterAddress;
  const says = answer === undefined ? "names no master" : `names ${describeAddress(contract, answer)} as the master`;
  const agrees = named !== undefined && answer !== undefined && announcedBy(contract, answer)?.name === named.name;
  const silent = group.view.sentinels.find(({ failure }) => failure !== undefined)?.member.name;
  return {
    subject: member.name,
    check: "SENTINEL GET-MASTER-ADDR-BY-NAME",
    expected: named === undefined ? "the same master on a majority of the Sentinels" : describe(named),
    detail: answer === undefined ? "" : describeAddress(contract, answer),
    deviations: agrees
      ? []
      : named === undefined
        ? [{ seen: `${says}, but no majority of the Sentinels does`, remedy: findMaster(true), about: silent }]
        : [{ seen: says, remedy: informSentinel(member.name) }],
  };
}

/** What a Sentinel's list of replicas or of Sentinels lacks, has too much, or has and cannot reach. */
function watchDeviations(
  group: GroupContext,
  member: ContractMember,
  watched: readonly WatchedInstance[],
  expected: readonly ContractMember[],
  kind: "replica" | "Sentinel",
): readonly Deviation[] {
  const memberAt = (instance: WatchedInstance) => announcedBy(group.contract, instance);
  const remedy = informSentinel(member.name);
  return [
    ...expected
      .filter(({ name }) => !watched.some((instance) => memberAt(instance)?.name === name))
      .map((missing) => ({ seen: `does not know the ${kind} ${describe(missing)}`, remedy, about: missing.name })),
    ...watched
      .filter((instance) => !expected.some(({ name }) => name === memberAt(instance)?.name))
      .map((instance) => ({
        seen: `knows a ${kind} too many, ${describeAddress(group.contract, instance)}`,
        remedy: memberAt(instance) === undefined ? removeStranger(endpointText(instance)) : remedy,
      })),
    ...watched
      .filter((instance) => instance.flags.some((flag) => DOWN_FLAGS.includes(flag)))
      .map((instance) => ({
        seen: `sees ${describeAddress(group.contract, instance)} as ${instance.flags.filter((flag) => DOWN_FLAGS.includes(flag)).join(", ")}`,
        remedy,
        about: memberAt(instance)?.name,
      })),
  ];
}

const nameOf = ({ contract }: GroupContext, instance: WatchedInstance): string =>
  announcedBy(contract, instance)?.name ?? endpointText(instance);
