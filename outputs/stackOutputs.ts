import * as pulumi from "@pulumi/pulumi";
import type { ContractFacts } from "./buildContract";
import type { Contract } from "./contract";

/** The two sides of a deployment's outputs: what anyone may read, known ahead, and the whole with its secrets. */
export interface DeploymentOutputs {
  readonly facts: ContractFacts;
  /** Whether all connections are encrypted. */
  readonly encrypted: boolean;
  readonly contract: pulumi.Output<Contract>;
}

/** The outputs that hold passwords or keys. */
export const secretOutputs = ["users", "tls", "connection"] as const;

/**
 * The stack's outputs: those of the first deployment by their own names, and, in a stack with several, all of them by
 * the deployments' names. Only what holds passwords is secret, so that everything else can be read in a preview.
 */
export function stackOutputs(deployments: readonly DeploymentOutputs[]): Record<string, unknown> {
  const [first] = deployments;
  const flat = {
    ...first!.facts,
    users: pulumi.secret(first!.contract.apply(({ users }) => users)),
    ...(first!.encrypted ? { tls: pulumi.secret(first!.contract.apply(({ tls }) => tls)) } : {}),
    connection: pulumi.secret(first!.contract.apply(({ connection }) => connection)),
  };
  return deployments.length === 1 ? flat : { ...flat, deployments: byName(deployments) };
}

function byName(deployments: readonly DeploymentOutputs[]): pulumi.Output<Record<string, Contract>> {
  return pulumi.secret(
    pulumi
      .all(deployments.map(({ contract }) => contract))
      .apply((all) => Object.fromEntries(all.map((contract) => [contract.deployment, contract]))),
  );
}
