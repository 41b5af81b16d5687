import { whoFrom } from "../checks/inside";
import { endpointText, type DeploymentPlan } from "../config/plan";
import type { FoundMember } from "./members";
import { askNodes, type Ask } from "./masterNow";

/**
 * Why an update would leave a deployment without Sentinels without a master: it runs on a host that the setting `hosts`
 * no longer has, so the update does not see it, would stop it, and nobody would take over.
 *
 * @returns a sentence for whoever runs the update; undefined when all is well, or nobody says who is the master.
 */
export async function strandedMaster(
  plan: DeploymentPlan,
  found: readonly FoundMember[],
  ask: Ask = whoFrom,
): Promise<string | undefined> {
  if (plan.sentinels.length > 0 || plan.settings.hosts.length === 0) {
    return undefined;
  }
  const address = await askNodes(found, ask, (answer) => endpointText(answer));
  // Members of the first versions have no such label.
  const nodes = found.filter(({ kind, identity }) => kind === "data" && identity !== undefined);
  if (address === undefined || nodes.some(({ identity }) => identity!.includes(`/${address},`))) {
    return undefined;
  }
  const heir = nodes.find(({ running }) => running)?.name ?? "NODE";
  return `the master of ${plan.name} is at ${address}, on none of the hosts that the setting hosts names: the update would stop it, and without Sentinels no other node would take over. Nothing was touched; put its host back, run \`npm run promote -- ${heir}\`, and then take the host out again`;
}
