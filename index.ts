import "./startup";
import * as pulumi from "@pulumi/pulumi";
import { prepareDeployments } from "./components/prepare";
import { RedisDeployment } from "./components/redisDeployment";
import { withoutTrace } from "./config/failure";
import { readStackSettings } from "./config/stackConfig";
import { stackOutputs } from "./outputs/stackOutputs";

/** Settings -> plan, and a look at the engines -> resources and their checks -> outputs. */
export = async () => {
  const { deployments, warnings } = readStackSettings();
  await Promise.all(warnings.map((warning) => pulumi.log.warn(warning)));

  const prepared = await withoutTrace(prepareDeployments(deployments));
  return stackOutputs(prepared.map((args) => new RedisDeployment(args.plan.name, args)));
};
