import { endpointText, type Endpoint } from "../config/plan";
import { infoOf } from "../checks/replies";

/** What a node says about its own replication, just now. */
export interface ReplicationFacts {
  readonly role: "master" | "replica";
  /** Bytes of the replication stream that it has: its own count, not what its master last heard of it. */
  readonly offset: number;
  /** Whom a replica follows. */
  readonly follows?: Endpoint;
  readonly linkUp: boolean;
  readonly syncing: boolean;
  /** Sentinel promotes the smallest one first, and never a replica with 0. */
  readonly priority: number;
}

/** A data node: what it said, or why it said nothing. */
export type NodeState = { readonly name: string; readonly address: Endpoint } & (
  | { readonly facts: ReplicationFacts; readonly error?: undefined }
  | { readonly facts?: undefined; readonly error: string }
);

/** Reads `INFO replication`. */
export function parseReplication(reply: unknown): ReplicationFacts {
  const info = infoOf(reply);
  if (info.role === "master") {
    return {
      role: "master",
      offset: Number(info.master_repl_offset ?? 0),
      linkUp: true,
      syncing: false,
      priority: 0,
    };
  }
  return {
    role: "replica",
    // What it has applied; slave_read_repl_offset is what it has received.
    offset: Number(info.slave_repl_offset ?? -1),
    follows: { host: info.master_host ?? "", port: Number(info.master_port ?? 0) },
    linkUp: info.master_link_status === "up",
    syncing: info.master_sync_in_progress === "1",
    priority: Number(info.slave_priority ?? 100),
  };
}

/** Why a node may not be counted on as a replica of this master; undefined when it may. */
export function whyNotInSync(state: NodeState, master: Endpoint): string | undefined {
  if (state.facts === undefined) {
    return `does not answer (${state.error})`;
  }
  const { role, follows, linkUp, syncing } = state.facts;
  if (role === "master" || follows === undefined) {
    return "is a master itself";
  }
  if (endpointText(follows) !== endpointText(master)) {
    return `follows ${endpointText(follows)}, not ${endpointText(master)}`;
  }
  if (syncing) {
    return "is still copying the data set";
  }
  return linkUp ? undefined : "has no link to the master";
}
