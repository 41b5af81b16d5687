import type { ContainerArgs } from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { RedisDeployment } from "../../components/redisDeployment";
import { planDeployment, type DeploymentPlan } from "../../config/plan";
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

/** What is in every private key that a deployment generates here, and nowhere else. */
export const PRIVATE_KEY = "private-key-of-the-mock";

type Inputs = Readonly<Record<string, unknown>>;

/** Another text for other inputs. */
const signed = (what: string, inputs: Inputs): string =>
  `${what} ${createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12)}\n`;

/** What providers add to the inputs, by type. */
const computed: Readonly<Record<string, (inputs: Inputs, name: string) => Inputs>> = {
  "random:index/randomPassword:RandomPassword": () => ({ result: PASSWORD }),
  "random:index/randomId:RandomId": () => ({ hex: "5".repeat(40) }),
  "docker:index/remoteImage:RemoteImage": ({ name }) => ({
    imageId: name === "redis:8.0.2" ? "sha256:0123" : "sha256:4567",
  }),
  "tls:index/privateKey:PrivateKey": (_, name) => ({
    privateKeyPem: `${PRIVATE_KEY} ${name}\n`,
    privateKeyPemPkcs8: `${PRIVATE_KEY} ${name} as PKCS#8\n`,
  }),
  "tls:index/certRequest:CertRequest": (inputs) => ({ certRequestPem: signed("request", inputs) }),
  "tls:index/selfSignedCert:SelfSignedCert": (inputs) => ({ certPem: signed("authority", inputs) }),
  "tls:index/locallySignedCert:LocallySignedCert": (inputs) => ({ certPem: signed("certificate", inputs) }),
};

function mockPulumi(): Promise<void> {
  return pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        const added = computed[type]?.(inputs as Inputs, name);
        return { id: `${name}-id`, state: { ...(inputs as object), ...added } };
      },
      call: () => ({}),
    },
    "redis-on-docker",
    "test",
    true,
  );
}

/** What a program registers until its outputs are known; a dry run, so that no check wants to connect. */
export async function registeredBy(
  overrides: DeploymentOverrides,
  program: (plan: DeploymentPlan) => readonly pulumi.Output<unknown>[],
): Promise<readonly Registered[]> {
  registered.length = 0;
  await mockPulumi();
  // Pulumi notes where each resource was made; to look that up in the sources takes longer than all the rest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const outputs = program(planDeployment(parseDeployment(overrides), "unix:///var/run/docker.sock"));
  await new Promise<void>((resolve) => pulumi.all([...outputs]).apply(() => resolve()));
  Error.stackTraceLimit = stackTraceLimit;
  return [...registered];
}

/** Registers the members of a deployment. */
export const deploy = (overrides: DeploymentOverrides): Promise<readonly Registered[]> =>
  registeredBy(overrides, (plan) => {
    const deployment = new RedisDeployment(plan.name, { plan, surveys: new Map() });
    const nodes = [deployment.master, ...deployment.replicas].map((node) => node.container);
    const ids = [...nodes, ...(deployment.sentinels?.containers ?? [])].map(({ id }) => id);
    return [...ids, deployment.settings.urn];
  });

export const ofType = (all: readonly Registered[], type: string) => all.filter((resource) => resource.type === type);
export const containersOf = (all: readonly Registered[]) => ofType(all, "docker:index/container:Container");
export const container = (all: readonly Registered[], name: string) => {
  const found = containersOf(all).find((resource) => resource.name === name);
  return (found ?? assert.fail(`no container ${name}`)).inputs as unknown as ContainerArgs;
};
