import * as pulumi from "@pulumi/pulumi";
import { SettingsError } from "./problems";

/**
 * An error of which Pulumi prints the message alone.
 *
 * `RunError` by itself keeps its stack trace from the user only while the program's top level runs, and a check fails
 * later. Besides, Pulumi formats every trace for its own records, which took node half a minute and 3 GB when the trace
 * passed through a library.
 */
export function failure(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = undefined;
  return error;
}

/** The same work, with settings that are not usable said by their message alone. */
export async function withoutTrace<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SettingsError ? failure(error.message) : error;
  }
}
