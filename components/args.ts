import * as pulumi from "@pulumi/pulumi";
import { SettingsError } from "../config/problems";

/** Namespace of the component types' tokens: `redis-on-docker:index:RedisMaster`. */
export const PACKAGE = "redis-on-docker";

/** Runs a check of a component's arguments and reports all its problems as Pulumi reports bad inputs. */
export function checkedArgs<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      throw error;
    }
    throw new pulumi.InputPropertiesError({
      message: "The arguments are not usable; nothing was changed.",
      errors: error.problems.map(({ path, reason }) => ({ propertyPath: path, reason })),
    });
  }
}
