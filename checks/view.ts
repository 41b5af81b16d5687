import type { ContractEndpoint, ContractMember } from "../outputs/contract";
import type { ShownCertificate } from "./certificate";
import type { Failure } from "./failures";

/** What was seen of one member: facts, or why there are none. */
export type Seen<Facts> = SeenMember &
  ({ readonly facts: Facts; readonly failure?: undefined } | { readonly facts?: undefined; readonly failure: Failure });

interface SeenMember {
  readonly member: ContractMember;
  /** Only with TLS. */
  readonly certificate?: ShownCertificate;
  /** Since when and why it has not decided its role or, a Sentinel, whom to watch; see `withReasons`. */
  readonly undecided?: string;
}

export type NodeView = Seen<NodeFacts>;
export type SentinelView = Seen<SentinelFacts>;

/** One look at all members of a deployment, taken at about the same moment. */
export interface GroupView {
  readonly nodes: readonly NodeView[];
  readonly sentinels: readonly SentinelView[];
}

/** A replica as its master sees it. */
export interface AttachedReplica extends ContractEndpoint {
  /** `online` once it has the data set and gets the stream of changes. */
  readonly state: string;
  readonly offset: number;
  /** Seconds since it last acknowledged; it does so every second. */
  readonly lagS: number;
}

/** How a replica follows its master. */
export interface Following {
  readonly master: ContractEndpoint;
  /** State of the link as ROLE names it: `connected`, `sync`, `connecting`, `connect`, ... */
  readonly linkState: string;
  readonly linkUp: boolean;
  readonly syncing: boolean;
  /** Seconds since the master was last heard; -1 while the link is down. */
  readonly lastIoS: number;
}

/** The user as which a data node loads its append-only file, `default`. */
export interface LoaderFacts {
  /** Whether it is off, as it is meant to be, but lacks rights, which the loader needs. */
  readonly bound: boolean;
  /** Transactions that the server dropped when it loaded its file, as far as its log of refused commands reaches. */
  readonly dropped: number;
}

/** A data node, from ROLE, INFO and ACL. */
export interface NodeFacts {
  readonly role: "master" | "replica";
  /** Position in the stream of changes: what a master has written, what a replica has applied. */
  readonly offset: number;
  /** Whether it still reads its data set from disk, and so answers no client. */
  readonly loading: boolean;
  /** Only for a replica. */
  readonly following?: Following;
  /** Replicas attached to this node. */
  readonly attached: readonly AttachedReplica[];
  /** How many of them, heard of lately, it wants before it takes a write (`minReplicasToWrite`), and has. */
  readonly replicasToWrite: number;
  readonly replicasThatCount: number;
  readonly runId: string;
  readonly version: string;
  readonly uptimeS: number;
  readonly usedMemoryBytes: number;
  /** Redis's own limit; 0 is none. */
  readonly maxmemoryBytes: number;
  readonly connectedClients: number;
  readonly blockedClients: number;
  /** Keys in all databases. */
  readonly keys: number;
  readonly loader: LoaderFacts;
  /** Every field of INFO's sections server, clients, memory, persistence, replication and keyspace, as text. */
  readonly info: Readonly<Record<string, string>>;
}

/** An instance as a Sentinel sees it. */
export interface WatchedInstance extends ContractEndpoint {
  readonly name: string;
  /** `master` or `slave` or `sentinel`, and `s_down`, `o_down`, `disconnected`, `failover_in_progress`, ... */
  readonly flags: readonly string[];
  /** Run id of a data node, own id of a Sentinel; empty while it is not known. */
  readonly id: string;
}

/** Flags of an instance that a Sentinel cannot count on. */
export const DOWN_FLAGS: readonly string[] = ["s_down", "o_down", "disconnected"];

/** A master as a Sentinel sees it. */
export interface WatchedMaster extends WatchedInstance {
  readonly replicas: number;
  readonly otherSentinels: number;
  readonly quorum: number;
}

/** A Sentinel, from the SENTINEL commands. */
export interface SentinelFacts {
  readonly id: string;
  readonly version: string;
  readonly uptimeS: number;
  readonly masters: readonly WatchedMaster[];
  readonly replicas: readonly WatchedInstance[];
  readonly sentinels: readonly WatchedInstance[];
  /** Answer of GET-MASTER-ADDR-BY-NAME, as announced; undefined when it does not know the name. */
  readonly masterAddress?: ContractEndpoint;
  /** Answer of CKQUORUM. */
  readonly quorumCheck: { readonly ok: boolean; readonly text: string };
}
