import { defaultEngineEndpoint, planDeployment } from "../config/plan";
import { SettingsError } from "../config/problems";
import type { DeploymentSettings } from "../config/schema";
import { preflight } from "../engine/preflight";
import { ownState, stackIdentity } from "./ownState";
import type { RedisDeploymentArgs } from "./redisDeployment";

/**
 * Settings -> plans -> a look at the engines: what each `RedisDeployment` is made from.
 *
 * @throws SettingsError with everything that would stop a deployment half-way; nothing was touched then.
 */
export async function prepareDeployments(
  deployments: readonly DeploymentSettings[],
): Promise<readonly RedisDeploymentArgs[]> {
  const engine = defaultEngineEndpoint(process.env);
  const plans = deployments.map((settings) => planDeployment(settings, engine));
  const recorded = await ownState();
  const { problems, surveys, owner } = await preflight(plans, { identity: stackIdentity(), recorded, engine });
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return plans.map((plan) => ({ plan, surveys: surveys.get(plan.name), owner }));
}
