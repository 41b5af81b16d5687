import * as pulumi from "@pulumi/pulumi";
import { prepareDeployments } from "../components/prepare";
import { RedisDeployment } from "../components/redisDeployment";
import { SettingsError } from "../config/problems";
import { stackOutputs } from "../outputs/stackOutputs";
import { inProgramWords } from "./inProgramWords";
import { DEPLOYMENT_TYPE } from "./packageSchema";
import { settingsOf } from "./settingsOf";

/** Makes a deployment for a program in any language: settings -> plan, and a look at the engines -> resources. */
export async function construct(
  name: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<pulumi.provider.ConstructResult> {
  if (type !== DEPLOYMENT_TYPE) {
    throw new Error(`There is no ${type} in this package; there is ${DEPLOYMENT_TYPE}.`);
  }
  try {
    const { settings, warnings } = await settingsOf(name, inputs);
    const [prepared] = await prepareDeployments([settings]);
    const deployment = new RedisDeployment(name, prepared!, options);
    await Promise.all(warnings.map((warning) => pulumi.log.warn(inProgramWords(warning), deployment)));
    await whenChecked(deployment);
    return { urn: deployment.urn, state: stackOutputs([deployment]) };
  } catch (error) {
    throw error instanceof SettingsError ? refusal(name, error) : error;
  }
}

/**
 * The engine takes a resource for finished, and may end this process, as soon as it is constructed. In a preview nothing
 * is checked.
 */
function whenChecked({ checked }: RedisDeployment): Promise<void> {
  return pulumi.runtime.isDryRun() ? Promise.resolve() : new Promise((resolve) => void checked.apply(() => resolve()));
}

const refusal = (name: string, { problems }: SettingsError): pulumi.InputPropertiesError =>
  new pulumi.InputPropertiesError({
    message: `The settings of ${name} are not usable; nothing was changed.`,
    errors: problems.map(({ path, reason }) => ({ propertyPath: path, reason: inProgramWords(reason) })),
  });
