import { DEPLOYMENT_LABEL, KIND_LABEL, STACK_LABEL } from "../config/labels";
import { allMembers, type DeploymentPlan } from "../config/plan";
import { engineClient } from "../engine/engineClient";

/** A container of the deployment that its plan no longer has; the engine of resources removes it last of all. */
export interface LeavingMember {
  readonly engine: string;
  readonly name: string;
  readonly kind: "data" | "sentinel";
  readonly running: boolean;
}

/**
 * Looks for the members that a changed plan leaves behind, on the engines that the plan uses.
 *
 * @param stack `project/stack`: only what carries its label is the deployment's own.
 */
export async function findLeaving(plan: DeploymentPlan, stack: string): Promise<readonly LeavingMember[]> {
  const engines = [...new Set(allMembers(plan).map(({ engine }) => engine.endpoint))];
  const staying = new Set(allMembers(plan).map(({ name }) => name));
  const found = await Promise.all(
    engines.map(async (endpoint) => {
      const engine = await engineClient(endpoint);
      const label = [`${DEPLOYMENT_LABEL}=${plan.name}`, `${STACK_LABEL}=${stack}`, KIND_LABEL];
      const containers = await engine.listContainers({ all: true, filters: { label } });
      return containers.map(({ Names, Labels, State }): LeavingMember => ({
        engine: endpoint,
        name: Names[0]!.replace(/^\//, ""),
        kind: Labels[KIND_LABEL] === "data" ? "data" : "sentinel",
        running: State === "running",
      }));
    }),
  );
  return found.flat().filter(({ name }) => !staying.has(name));
}
