import { failure } from "../config/failure";
import { planDeployment, type DeploymentPlan } from "../config/plan";
import { reasonOf } from "../config/reason";
import { MOST_REPLICAS } from "../config/schema";
import { memberOutput } from "../outputs/buildContract";
import type { Contract, ContractMember } from "../outputs/contract";
import { promoteAnother } from "../handover/promoteAnother";

/**
 * The replication topology's hand-over from a master that leaves: the replica that stays and has the least to catch up
 * becomes master, without losing an acknowledged write.
 *
 * @param master name of the node that leaves.
 * @throws when nobody can take over.
 */
export async function handOverWithoutSentinels(
  plan: DeploymentPlan,
  contract: Contract,
  master: string,
  say: (line: string) => void,
): Promise<void> {
  const leaving = formerMember(plan, master);
  try {
    if (leaving === undefined) {
      throw new Error("its address does not follow from the settings any more");
    }
    await promoteAnother({ ...contract, nodes: [...contract.nodes, leaving] }, master, say);
  } catch (error) {
    throw failure(
      `${master} is the master and would be removed, but it could not hand over (${reasonOf(error)}); nothing was stopped. Promote a node that stays (npm run promote -- ${plan.nodes[0]!.name}), then run \`npm run up\` again.`,
    );
  }
}

/** A data node that a plan with more replicas has: names and addresses follow from the number alone. */
function formerMember(plan: DeploymentPlan, name: string): ContractMember | undefined {
  const { settings, nodes } = plan;
  const larger = planDeployment({ ...settings, replicas: MOST_REPLICAS }, nodes[0]!.engine.endpoint);
  const former = larger.nodes.find((node) => node.name === name);
  return former === undefined ? undefined : memberOutput(former);
}
