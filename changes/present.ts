import { DEPLOYMENT_LABEL, KIND_LABEL, STACK_LABEL } from "../config/labels";
import { allMembers, type DeploymentPlan } from "../config/plan";
import { engineClient } from "../engine/engineClient";

/** An engine that does not answer within this time is not waited for; its socket may hang for ever. */
const ANSWER_MS = 10_000;

/** A member's container, as its engine has it. */
export interface PresentMember {
  readonly engine: string;
  readonly name: string;
  readonly kind: "data" | "sentinel";
  /** Whether it may answer: it is up, or is just being started again. */
  readonly running: boolean;
}

/**
 * Looks for all containers of the deployment on the engines that the plan uses.
 *
 * @param owner only what carries this label is the deployment's own.
 */
export async function findPresent(plan: DeploymentPlan, owner: string): Promise<readonly PresentMember[]> {
  const engines = [...new Set(allMembers(plan).map(({ engine }) => engine.endpoint))];
  const found = await Promise.all(
    engines.map(async (endpoint) => {
      const engine = await engineClient(endpoint, ANSWER_MS);
      const label = [`${DEPLOYMENT_LABEL}=${plan.name}`, `${STACK_LABEL}=${owner}`, KIND_LABEL];
      const containers = await engine.listContainers({ all: true, filters: { label } });
      return containers.map(({ Names, Labels, State }): PresentMember => ({
        engine: endpoint,
        name: Names[0]!.replace(/^\//, ""),
        kind: Labels[KIND_LABEL] === "data" ? "data" : "sentinel",
        running: State === "running" || State === "restarting",
      }));
    }),
  );
  return found.flat();
}

/** Those that the plan no longer has; the engine of resources removes them last of all. Pure. */
export function leavingOf(plan: DeploymentPlan, present: readonly PresentMember[]): readonly PresentMember[] {
  const staying = new Set(allMembers(plan).map(({ name }) => name));
  return present.filter(({ name }) => !staying.has(name));
}
