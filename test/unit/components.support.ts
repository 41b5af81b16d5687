import type { ContainerArgs } from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { RedisDeployment } from "../../components/redisDeployment";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";

/** One resource that a program registered, with its inputs as the engine would see them. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const registered: Registered[] = [];
export const PASSWORD = "generated-password-of-the-mock";

function mockPulumi(): Promise<void> {
  return pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        const computed =
          type === "random:index/randomPassword:RandomPassword"
            ? { result: PASSWORD }
            : type === "random:index/randomId:RandomId"
              ? { hex: "5".repeat(40) }
              : type === "docker:index/remoteImage:RemoteImage"
                ? { imageId: (inputs as { name: string }).name === "redis:8.0.2" ? "sha256:0123" : "sha256:4567" }
                : {};
        return { id: `${name}-id`, state: { ...(inputs as object), ...computed } };
      },
      call: () => ({}),
    },
    "redis-on-docker",
    "test",
    true,
  );
}

/** Registers the members of a deployment; a dry run, so that no check wants to connect. */
export async function deploy(overrides: DeploymentOverrides): Promise<readonly Registered[]> {
  registered.length = 0;
  await mockPulumi();
  // Pulumi notes where each resource was made; to look that up in the sources takes longer than all the rest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const plan = planDeployment(parseDeployment(overrides), "unix:///var/run/docker.sock");
  const deployment = new RedisDeployment(plan.name, { plan, surveys: new Map() });
  const nodes = [deployment.master, ...deployment.replicas].map((node) => node.container);
  const ids = [...nodes, ...(deployment.sentinels?.containers ?? [])].map(({ id }) => id);
  await new Promise<void>((resolve) => pulumi.all([...ids, deployment.settings.urn]).apply(() => resolve()));
  Error.stackTraceLimit = stackTraceLimit;
  return [...registered];
}

export const ofType = (all: readonly Registered[], type: string) => all.filter((resource) => resource.type === type);
export const containersOf = (all: readonly Registered[]) => ofType(all, "docker:index/container:Container");
export const container = (all: readonly Registered[], name: string) => {
  const found = containersOf(all).find((resource) => resource.name === name);
  return (found ?? assert.fail(`no container ${name}`)).inputs as unknown as ContainerArgs;
};
