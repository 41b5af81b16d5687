import { describeAddress, announcedBy } from "./members";
import { copiedSoFar, loadedSoFar } from "./patience";
import { currentMaster } from "./roles";
import { DOWN_FLAGS, type GroupView, type NodeView, type SentinelView, type WatchedInstance } from "./view";
import type { Contract, ContractMember } from "../outputs/contract";

/** Why the next container must not be touched yet. */
export interface Obstacle {
  /** Name of the member that cannot be counted on; the deployment's, when it is nobody's in particular. */
  readonly subject: string;
  /** Reads on from the subject: "has no link to redis-master". */
  readonly seen: string;
}

/**
 * What stands against taking down one more member; pure. Without obstacles all others serve: the data nodes are in sync
 * with one master, and every Sentinel sees a quorum, the same master, and nobody down.
 *
 * Less than the checks ask at the end: while an update is under way, some members know the old group and some the new
 * one.
 *
 * @param except names of the members that need not be well: the one to be replaced, and broken ones that are to follow.
 */
export function obstacles(contract: Contract, view: GroupView, except: ReadonlySet<string>): readonly Obstacle[] {
  const master = currentMaster(contract, view);
  const nodes = view.nodes.filter(({ member }) => !except.has(member.name));
  const sentinels = view.sentinels.filter(({ member }) => !except.has(member.name));
  const silent = [...nodes, ...sentinels].flatMap(({ member, failure }): Obstacle[] =>
    failure === undefined ? [] : [{ subject: member.name, seen: `does not answer (${failure.text})` }],
  );
  if (master === undefined) {
    const nobody = { subject: contract.deployment, seen: "has no master that all agree on" };
    return nodes.length + sentinels.length === 0 ? [] : [...silent, nobody];
  }
  return [
    ...silent,
    ...nodes.flatMap((node) => nodeObstacles(contract, view, node, master)),
    ...sentinels.flatMap((sentinel) => sentinelObstacles(contract, sentinel, master, except)),
  ];
}

function nodeObstacles(
  contract: Contract,
  view: GroupView,
  { member, facts }: NodeView,
  master: ContractMember,
): readonly Obstacle[] {
  if (facts === undefined) {
    return [];
  }
  const is = (seen: string): Obstacle[] => [{ subject: member.name, seen }];
  if (facts.loading) {
    return is(`still loads its data set from disk${loadedSoFar(facts)}`);
  }
  const { following } = facts;
  if (member.name === master.name) {
    return following === undefined ? [] : is("is named as the master, but is still a replica");
  }
  if (following === undefined) {
    return is(`is a master too, beside ${master.name}`);
  }
  if (announcedBy(contract, following.master)?.name !== master.name) {
    return is(`follows ${describeAddress(contract, following.master)}, not ${master.name}`);
  }
  if (following.syncing || following.linkState === "sync") {
    return is(`still copies the data set from ${master.name}${copiedSoFar(facts)}`);
  }
  if (!following.linkUp || following.linkState !== "connected") {
    return is(`has no link to ${master.name} (${following.linkState})`);
  }
  const attached = view.nodes
    .find((node) => node.member.name === master.name)
    ?.facts?.attached.find((address) => announcedBy(contract, address)?.name === member.name);
  return attached?.state === "online" ? [] : is(`is not among the replicas of ${master.name} yet`);
}

function sentinelObstacles(
  contract: Contract,
  { member, facts }: SentinelView,
  master: ContractMember,
  except: ReadonlySet<string>,
): readonly Obstacle[] {
  if (facts === undefined) {
    return [];
  }
  const is = (seen: string): Obstacle[] => [{ subject: member.name, seen }];
  if (!facts.quorumCheck.ok) {
    return is(`says that no failover is possible: ${facts.quorumCheck.text}`);
  }
  // The one that leads it names the old master in all but GET-MASTER-ADDR-BY-NAME, for about two seconds after the
  // promotion, and would keep it as a replica.
  if (facts.masters.some(({ name, flags }) => name === contract.masterName && flags.includes("failover_in_progress"))) {
    return is("still carries out a failover");
  }
  const named = facts.masterAddress;
  if (named === undefined || announcedBy(contract, named)?.name !== master.name) {
    return is(named === undefined ? "names no master" : `names ${describeAddress(contract, named)} as the master`);
  }
  const nameOf = (instance: WatchedInstance) => announcedBy(contract, instance)?.name;
  // Strangers, and members that the plan no longer has, are for the checks at the end.
  const down = [...facts.masters, ...facts.replicas, ...facts.sentinels].filter((instance) => {
    const name = nameOf(instance);
    return name !== undefined && !except.has(name) && instance.flags.some((flag) => DOWN_FLAGS.includes(flag));
  });
  return down.flatMap((instance) => is(`still sees ${nameOf(instance)} as ${instance.flags.join(", ")}`));
}

/** Whether a member answered at all. */
export function answers(view: GroupView, name: string): boolean {
  const seen = [...view.nodes, ...view.sentinels].find(({ member }) => member.name === name);
  return seen !== undefined && seen.failure === undefined;
}
