import { createHash } from "node:crypto";
import type { DeploymentPlan, NodePlan, SentinelPlan } from "../plan";
import { aclLines, LINK_USERS, type UserPasswords } from "../users";
import { lines } from "./redisConf";

/** What a member is brought beside its configuration: files that nobody but its server's user may read. */
export interface MemberSecrets {
  /** A name for this content: the same content always has the same one. */
  readonly term: string;
  /** Contents by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The secrets of a member: its users (`users`, passwords as hashes), and the passwords that it needs itself (`passwords`).
 */
export function renderSecrets(
  plan: DeploymentPlan,
  member: NodePlan | SentinelPlan,
  passwords: UserPasswords,
): MemberSecrets {
  const files = {
    users: lines(...aclLines(plan.settings, member.kind, passwords)),
    passwords: lines(...LINK_USERS.map((user) => `${user} ${passwords[user]![0]}`)),
  };
  return { term: createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16), files };
}
