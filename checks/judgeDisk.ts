import type { ContractMember } from "../outputs/contract";
import { makeRoom } from "./remedies";
import type { Deviation, Verdict } from "./verdict";
import type { NodeFacts } from "./view";

/**
 * Whether a data node can write its files. One that cannot goes on answering, but as master it refuses every write
 * (MISCONF), and Sentinel's PING too: after down-after it is replaced. In the replication topology nobody does that.
 *
 * @returns nothing where all is well: it is no check of its own, but a reason why others may fail.
 */
export function judgeDisk(member: ContractMember, { info }: NodeFacts): readonly Verdict[] {
  const troubles: readonly Deviation[] = [
    ...(info.aof_last_write_status === "err" ? ["cannot write its append-only file (aof_last_write_status:err)"] : []),
    ...(info.rdb_last_bgsave_status === "err" ? ["could not save its snapshot (rdb_last_bgsave_status:err)"] : []),
  ].map((seen) => ({ seen, remedy: makeRoom(member.name) }));
  return troubles.length === 0
    ? []
    : [
        {
          subject: member.name,
          check: "INFO persistence",
          expected: "data that is written to disk",
          detail: "",
          deviations: troubles,
        },
      ];
}
