import { majorityOf } from "../config/plan";
import type { Contract, ContractMember } from "../outputs/contract";
import { announcedBy } from "./members";
import type { GroupView } from "./view";

/**
 * The master of the moment: the node that a majority of the configured Sentinels names, or, without Sentinels, the one
 * whose own ROLE says so. Undefined when that is nobody, or not one.
 */
export function currentMaster(contract: Contract, view: GroupView): ContractMember | undefined {
  return contract.sentinels.length > 0 ? namedMaster(contract, view) : masterByRole(contract, view);
}

/** Nodes that say of themselves that they are master. */
export function mastersByRole(view: GroupView): readonly ContractMember[] {
  return view.nodes.filter(({ facts }) => facts?.role === "master").map(({ member }) => member);
}

/** The one node whose ROLE is master; of several the only one that other nodes follow. */
export function masterByRole(contract: Contract, view: GroupView): ContractMember | undefined {
  const masters = mastersByRole(view);
  if (masters.length <= 1) {
    return masters[0];
  }
  const followed = masters.filter((master) =>
    view.nodes.some(({ facts }) => {
      const address = facts?.following?.master;
      return address !== undefined && announcedBy(contract, address)?.name === master.name;
    }),
  );
  return followed.length === 1 ? followed[0] : undefined;
}

/** How far a replica is behind a master. */
export interface Lag {
  /** Bytes of the stream of changes; 0 when it has all. */
  readonly bytes: number;
  /** Seconds since its last acknowledgement; undefined while the master does not count it among its replicas. */
  readonly seconds?: number;
}

/** How far `replica` is behind `master`; undefined unless both answered. */
export function lagOf(
  contract: Contract,
  view: GroupView,
  master: ContractMember,
  replica: ContractMember,
): Lag | undefined {
  const ahead = factsOf(view, master);
  const behind = factsOf(view, replica);
  if (ahead === undefined || behind === undefined) {
    return undefined;
  }
  const attached = ahead.attached.find((address) => announcedBy(contract, address)?.name === replica.name);
  // The replica may have been looked at a moment later, and so be ahead.
  return { bytes: Math.max(0, ahead.offset - behind.offset), seconds: attached?.lagS };
}

const factsOf = (view: GroupView, member: ContractMember) =>
  view.nodes.find((node) => node.member.name === member.name)?.facts;

function namedMaster(contract: Contract, view: GroupView): ContractMember | undefined {
  const votes = view.sentinels.flatMap(({ facts }) => {
    const address = facts?.masterAddress;
    const member = address === undefined ? undefined : announcedBy(contract, address);
    return member === undefined ? [] : [member.name];
  });
  return contract.nodes.find(
    ({ name }) => votes.filter((vote) => vote === name).length >= majorityOf(contract.sentinels.length),
  );
}
