import { probeFrom } from "../checks/inside";
import { endpointText, type DeploymentPlan } from "../config/plan";
import { isBroken, type FoundMember } from "./members";

/** Bound on asking a group for its master; one that has none is for the gates and checks to report. */
const MASTER_TIMEOUT_MS = 5_000;

/**
 * Name of the node that is master now, from inside the first container that can tell; undefined when none can.
 *
 * Asked in a container, with the password that it has: the stack's may be a new one.
 */
export async function masterNow(plan: DeploymentPlan, found: readonly FoundMember[]): Promise<string | undefined> {
  const signal = AbortSignal.timeout(MASTER_TIMEOUT_MS);
  const candidates = found.filter((member) => member.running && member.kind === "data");
  for (const { engine, name } of [...candidates].sort((a, b) => Number(isBroken(a)) - Number(isBroken(b)))) {
    const address = await probeFrom(engine, name, signal).catch(() => undefined);
    const node = address && plan.nodes.find(({ announced }) => endpointText(announced) === endpointText(address));
    if (node !== undefined) {
      return node.name;
    }
  }
  return undefined;
}
