import * as pulumi from "@pulumi/pulumi";
import { SettingsError, type Problem } from "../config/problems";
import { DEPLOYMENTS_KEY, type DeploymentSettings } from "../config/schema";
import { parseStackSettings } from "../config/settings";

/** The settings of one deployment, and what is worth a warning but no error. */
export interface ResourceSettings {
  readonly settings: DeploymentSettings;
  readonly warnings: readonly string[];
}

/**
 * Complete settings from what a program gives a resource.
 *
 * @param resource name of the resource; the deployment has it, too, where the setting `name` is not given.
 * @throws SettingsError with every problem there is.
 */
export async function settingsOf(resource: string, inputs: pulumi.Inputs): Promise<ResourceSettings> {
  const given = await plainValues(inputs);
  if (DEPLOYMENTS_KEY in given) {
    const reason = "a resource is one deployment; fix: make another resource for each of them";
    throw new SettingsError([{ path: DEPLOYMENTS_KEY, reason }]);
  }
  try {
    const { deployments, warnings } = parseStackSettings({ name: resource, ...given });
    return { settings: deployments[0]!, warnings };
  } catch (error) {
    throw error instanceof SettingsError && !("name" in given) ? namedAfterResource(error) : error;
  }
}

/** Values that a program computes are plain by the time of an update; a preview may not know them yet. */
async function plainValues(inputs: pulumi.Inputs): Promise<Readonly<Record<string, unknown>>> {
  const entries = await Promise.all(
    Object.entries(inputs).map(async ([name, input]) => [name, await valueOf(pulumi.output(input))] as const),
  );
  const unknown = entries
    .filter(([, value]) => value === NOT_YET_KNOWN)
    .map(([name]): Problem => {
      const reason =
        "follows from a resource that is not made yet, so a preview cannot plan with it; fix: give a value that is known ahead, or update with --skip-preview";
      return { path: name, reason };
    });
  if (unknown.length > 0) {
    throw new SettingsError(unknown);
  }
  // A program that gives null means that it gives nothing.
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

const NOT_YET_KNOWN = Symbol("not yet known");

/** The SDK knows these but does not declare them in its types. */
interface Inside {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

async function valueOf(output: pulumi.Output<unknown>): Promise<unknown> {
  const inside = output as unknown as Inside;
  return (await inside.isKnown) ? inside.promise() : NOT_YET_KNOWN;
}

function namedAfterResource(error: SettingsError): SettingsError {
  return new SettingsError(
    error.problems.map(({ path, reason }) =>
      path === "name"
        ? { path, reason: `is the resource's name, since no other is given; ${reason}` }
        : { path, reason },
    ),
  );
}
