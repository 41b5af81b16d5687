import type { ContractMember } from "../outputs/contract";
import { bringBackDropped, giveLoaderRights } from "./remedies";
import type { Deviation, Verdict } from "./verdict";
import type { NodeFacts } from "./view";

/**
 * Whether what a data node has in its append-only file is also what it loads from it. A server loads that file as the
 * user `default`, and drops every transaction, script with several writes and change of a consumer group that this user
 * may not make (Redis checks its rights at `EXEC`).
 *
 * @returns nothing where all is well: it is no check of its own, but a reason why data may be missing.
 */
export function judgeLoader(member: ContractMember, facts: NodeFacts): readonly Verdict[] {
  const { loader, following, info } = facts;
  const deviations: readonly Deviation[] = [
    ...(info.aof_enabled === "1" && loader.bound
      ? [
          {
            seen: "its user default may not do everything: transactions, scripts and consumer groups in its append-only file can be lost when it starts again",
            remedy: giveLoaderRights(member.name),
          },
        ]
      : []),
    // A replica with a link has its master's data, whatever it loaded.
    ...(loader.dropped > 0 && following?.linkUp !== true
      ? [
          {
            seen: `dropped ${loader.dropped} ${loader.dropped === 1 ? "transaction" : "transactions"} when it loaded its append-only file, since its user default had no rights: what they wrote is missing`,
            remedy: bringBackDropped(member.name),
          },
        ]
      : []),
  ];
  return deviations.length === 0
    ? []
    : [
        {
          subject: member.name,
          check: "ACL of the loader",
          expected: "an append-only file that is loaded whole",
          detail: "",
          deviations,
        },
      ];
}
