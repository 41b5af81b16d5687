import { failure } from "../config/failure";
import { planDeployment, type DeploymentPlan } from "../config/plan";
import { chooseCandidate } from "../ops/handover/candidate";
import { statesOf, withGroup } from "../ops/handover/group";
import { planPromotion, promote } from "../ops/handover/promotion";
import { memberOutput } from "../outputs/buildContract";
import type { Contract, ContractMember } from "../outputs/contract";

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
  const refuse = (reason: string): Error =>
    failure(
      `${master} is the master and would be removed, but ${reason}; nothing was stopped. Promote a node that stays (npm run promote -- ${plan.nodes[0]!.name}), then run \`npm run up\` again.`,
    );
  if (leaving === undefined) {
    throw refuse("its address does not follow from the settings any more");
  }
  await withGroup({ ...contract, nodes: [...contract.nodes, leaving] }, async (group) => {
    const states = await statesOf(group);
    const own = states.find(({ name }) => name === master);
    if (own?.facts === undefined) {
      throw refuse(`it does not answer (${own?.error ?? "unknown"})`);
    }
    const staying = states.filter(({ name }) => name !== master);
    const { name: heir, refused } = chooseCandidate(
      { name: master, address: own.address, offset: own.facts.offset },
      staying,
    );
    if (heir === undefined) {
      throw refuse(`no replica can take over: ${refused}`);
    }
    const promotion = await planPromotion(group, heir);
    if (promotion !== "already") {
      await promote(group, promotion, { say, signal: new AbortController().signal });
    }
  });
}

/** A data node that a plan with more replicas has: names and addresses follow from the number alone. */
function formerMember(plan: DeploymentPlan, name: string): ContractMember | undefined {
  const { settings, nodes } = plan;
  const MOST_REPLICAS = 20;
  const larger = planDeployment({ ...settings, replicas: MOST_REPLICAS }, nodes[0]!.engine.endpoint);
  const former = larger.nodes.find((node) => node.name === name);
  return former === undefined ? undefined : memberOutput(former);
}
