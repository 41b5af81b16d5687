import { contentHash } from "../contentHash";
import type { DeploymentPlan, NodePlan, SentinelPlan } from "../plan";
import type { GroupSecrets } from "../secrets";
import { aclLines, LINK_USERS } from "../users";
import type { MemberTls } from "../certificates";
import { lines } from "./redisConf";
import { TLS_FILES } from "./tlsConf";

/** What a member is brought beside its configuration: files that nobody but its server's user may read. */
export interface MemberSecrets {
  /** A name for this content: the same content always has the same one. */
  readonly term: string;
  /** Contents by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The secrets of a member: its users (`users`, passwords as hashes), and the passwords that it needs itself (`passwords`);
 * with TLS its certificate, its key and whom it trusts.
 */
export function renderSecrets(
  plan: DeploymentPlan,
  member: NodePlan | SentinelPlan,
  { passwords, tls }: GroupSecrets,
): MemberSecrets {
  const files = {
    users: lines(...aclLines(plan.settings, member.kind, passwords)),
    passwords: lines(...LINK_USERS.map((user) => `${user} ${passwords[user]![0]}`)),
    ...(tls === undefined ? {} : tlsFiles(tls.members[member.name]!)),
  };
  return { term: contentHash(files, 16), files };
}

const tlsFiles = ({ authorities, certificate, key }: MemberTls): Record<string, string> => ({
  [TLS_FILES.authorities]: authorities,
  [TLS_FILES.certificate]: certificate,
  [TLS_FILES.key]: key,
});
