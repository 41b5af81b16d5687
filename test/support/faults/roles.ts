import type { Redis } from "ioredis";
import { accessOf, type Access } from "../../../outputs/access";
import type { Contract, ContractMember } from "../../../outputs/contract";
import { waitFor } from "../waitFor";
import { memberClient } from "./connect";

/** What a node was, seen from outside. `silent`: connected, but without an answer for a while. */
export type RoleSeen = "master" | "replica" | "unlinked" | "standby" | "silent" | "down";

/** A node's role from a moment on. */
export interface Observation {
  readonly node: string;
  /** Milliseconds, on the clock of `performance.now()`. */
  readonly at: number;
  readonly role: RoleSeen;
}

const EVERY_MS = 50;
/** An answer takes about a millisecond; this long without one is no busy machine any more. */
const SILENT_AFTER_MS = 500;
/** Where a node's server points while its boot has not decided what it is to be. */
const NOWHERE = "127.0.0.1";

/** Asks every data node for its ROLE, every 50 ms, and remembers the changes. */
export class RolePoller {
  readonly observations: Observation[] = [];
  private readonly latest = new Map<string, RoleSeen>();
  private readonly watched: readonly Watched[];
  private readonly timer: NodeJS.Timeout;

  constructor(contract: Contract) {
    this.watched = contract.nodes.map((node) => new Watched(node, accessOf(contract, "admin")));
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  /** What a node was when it was last looked at. */
  roleOf(node: string): RoleSeen {
    return this.latest.get(node) ?? "down";
  }

  /** The nodes that were masters when last looked at. */
  masters(): readonly string[] {
    return this.watched.map(({ name }) => name).filter((name) => this.roleOf(name) === "master");
  }

  /** Waits until a node other than this one is master. */
  async another(than: string, timeoutMs: number): Promise<void> {
    await waitFor("another master", () => this.masters().some((name) => name !== than), { timeoutMs });
  }

  stop(): void {
    clearInterval(this.timer);
    this.watched.forEach((watched) => watched.stop());
  }

  private look(): void {
    for (const watched of this.watched) {
      void watched.role().then((role) => this.note(watched.name, role));
    }
  }

  private note(node: string, role: RoleSeen): void {
    if (this.latest.get(node) !== role) {
      this.latest.set(node, role);
      this.observations.push({ node, at: performance.now(), role });
    }
  }
}

/** One node that is asked again and again, by one question at a time. */
class Watched {
  readonly name: string;
  private readonly client: Redis;
  private askedAt: number | undefined;
  private last: RoleSeen = "down";

  constructor(node: ContractMember, access: Access) {
    this.name = node.name;
    this.client = memberClient(node, access, {
      retryStrategy: () => EVERY_MS,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      commandTimeout: undefined,
    });
  }

  async role(): Promise<RoleSeen> {
    if (this.askedAt !== undefined) {
      return performance.now() - this.askedAt > SILENT_AFTER_MS ? "silent" : this.last;
    }
    this.askedAt = performance.now();
    try {
      this.last = read(await this.client.role());
    } catch {
      this.last = "down";
    }
    this.askedAt = undefined;
    return this.last;
  }

  stop(): void {
    this.client.disconnect();
  }
}

function read(reply: unknown): RoleSeen {
  const [role, host, , link] = reply as readonly unknown[];
  if (role === "master") {
    return "master";
  }
  if (host === NOWHERE) {
    return "standby";
  }
  return link === "connected" ? "replica" : "unlinked";
}
