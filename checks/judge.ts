import type { Contract } from "../outputs/contract";
import { judgeCertificates } from "./certificate";
import { describe } from "./members";
import { judgeNode } from "./judgeNode";
import { judgeSentinel } from "./judgeSentinel";
import { findMaster } from "./remedies";
import type { CheckRow, Finding } from "./report";
import { currentMaster, masterByRole, mastersByRole } from "./roles";
import { findingsOf, rowOf, type Verdict } from "./verdict";
import type { GroupView } from "./view";

/** What a look at the group amounts to. */
export interface Judgement {
  /** Every check of every member: data nodes, then Sentinels, then the group as a whole. */
  readonly rows: readonly CheckRow[];
  /** Members that do not answer first, since they explain most of the rest. */
  readonly findings: readonly Finding[];
}

/** Compares what was seen with what the deployment should be. Pure: no clock, no network. */
export function judge(contract: Contract, view: GroupView): Judgement {
  const named = currentMaster(contract, view);
  // Where the Sentinels do not agree, the nodes are still judged against the one of them that is master.
  const group = { contract, view, master: named ?? masterByRole(contract, view), named };
  const verdicts = [
    ...view.nodes.flatMap((node) => judgeNode(group, node)),
    ...view.sentinels.flatMap((sentinel) => judgeSentinel(group, sentinel)),
    ...judgeCertificates(view),
    judgeOneMaster(contract, view),
  ];
  const down = new Set(
    [...view.nodes, ...view.sentinels].filter(({ failure }) => failure).map(({ member }) => member.name),
  );
  const findings = findingsOf(verdicts, down);
  const isDown = ({ subject }: Finding): boolean => down.has(subject);
  return {
    rows: verdicts.map(rowOf),
    findings: [...findings.filter(isDown), ...findings.filter((finding) => !isDown(finding))],
  };
}

/** Several masters are a matter of the nodes that should not be one; here is only whether there is any. */
function judgeOneMaster(contract: Contract, view: GroupView): Verdict {
  const masters = mastersByRole(view);
  const silent = view.nodes.find(({ failure }) => failure !== undefined)?.member.name;
  return {
    subject: contract.deployment,
    check: "one master",
    expected: "exactly one node is master",
    detail: masters.map(describe).join(", "),
    deviations:
      masters.length === 1
        ? []
        : [
            {
              seen:
                masters.length === 0
                  ? "has no master"
                  : `has ${masters.length} masters: ${masters.map(describe).join(", ")}`,
              remedy: findMaster(contract.sentinels.length > 0),
              // The node that does not answer may well be the master.
              about: masters.length === 0 ? silent : undefined,
            },
          ],
  };
}
