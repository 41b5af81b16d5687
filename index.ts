import "./startup";
import * as pulumi from "@pulumi/pulumi";
import { failure } from "./config/failure";
import { RedisDeployment } from "./components/redisDeployment";
import { stackIdentity } from "./components/redisBase";
import { defaultEngineEndpoint, planDeployment } from "./config/plan";
import { formatProblems } from "./config/problems";
import { readStackSettings } from "./config/stackConfig";
import { preflight } from "./engine/preflight";
import { stackOutputs } from "./outputs/stackOutputs";

/** Settings -> plan -> a look at the engines -> resources and their checks -> outputs. */
export = async () => {
  const { deployments, warnings } = readStackSettings();
  await Promise.all(warnings.map((warning) => pulumi.log.warn(warning)));

  const engine = defaultEngineEndpoint(process.env);
  const plans = deployments.map((settings) => planDeployment(settings, engine));

  const { problems, surveys } = await preflight(plans, stackIdentity());
  if (problems.length > 0) {
    throw failure(formatProblems(problems));
  }

  const running = plans.map((plan) => new RedisDeployment(plan.name, { plan, surveys: surveys.get(plan.name) }));
  return stackOutputs(running);
};
