import * as pulumi from "@pulumi/pulumi";
import type { RecordedResource } from "../engine/ownership";

interface Answer {
  readonly outputs?: Readonly<Record<string, Omit<RecordedResource, "urn">>>;
}

/**
 * What this very stack's state had when the update began: with it, a stack knows its own things on the engines, whatever it is
 * called by now, and where they were. Undefined where the backend does not tell.
 */
export async function ownState(): Promise<readonly RecordedResource[] | undefined> {
  try {
    const stackName = `${pulumi.getOrganization()}/${stackIdentity()}`;
    // Not in the SDK's types; stack references are a look at a part of the same answer.
    const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const { outputs } = answer as Answer;
    return outputs && Object.entries(outputs).map(([urn, { type, outputs }]) => ({ urn, type, outputs }));
  } catch (error) {
    await pulumi.log.debug(`the stack's own state could not be read: ${String(error)}`);
    return undefined;
  }
}

/** `project/stack`, which tells the deployments of several stacks on one engine apart. */
export function stackIdentity(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}
