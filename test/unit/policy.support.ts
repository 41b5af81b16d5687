import { resourceRules, stackRules } from "../../policy/rules";
import { CONTAINER, type Resource, type Severities } from "../../policy/rules/rule";
import { stackFacts, type StackFacts } from "../../policy/stackFacts";

/** The facts of a stack of this project with these settings, as an engine hands them over. */
export function factsOf(stack: string, settings: Readonly<Record<string, unknown>> = {}): StackFacts {
  const config = Object.entries(settings).map(([name, value]) => [
    `redis-on-docker:${name}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return stackFacts({
    PULUMI_NODEJS_PROJECT: "redis-on-docker",
    PULUMI_NODEJS_STACK: stack,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
  });
}

/** What every rule that is in force says, as `rule: sentence`. */
export function violationsOf(resources: readonly Resource[], stack: StackFacts): readonly string[] {
  const inForce = ({ severities }: { readonly severities: Severities }): boolean =>
    (stack.production ? severities.production : severities.elsewhere) !== "disabled";
  const single = resourceRules
    .filter(inForce)
    .flatMap((rule) =>
      resources
        .filter(({ type }) => rule.types.includes(type))
        .flatMap((resource) => rule.check(resource, stack).map((said) => `${rule.name}: ${said}`)),
    );
  const together = stackRules
    .filter(inForce)
    .flatMap((rule) => rule.checkAll(resources, stack).map((said) => `${rule.name}: ${said}`));
  return [...single, ...together];
}

/** A container that keeps to every rule, with these changes. */
export function container(changes: Readonly<Record<string, unknown>> = {}): Resource {
  const props = {
    name: "web",
    image: `sha256:${"0a".repeat(32)}`,
    user: "999:999",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    ports: [{ internal: 6379, external: 6380, ip: "127.0.0.1" }],
    mounts: [{ type: "volume", source: "web-data", target: "/data" }],
    envs: ["MODE=quiet"],
    memory: 128,
    memorySwap: 128,
    logDriver: "json-file",
    logOpts: { "max-size": "10m" },
    restart: "always",
    healthcheck: { tests: ["CMD", "true"] },
  };
  return { type: CONTAINER, name: "web", props: { ...props, ...changes }, protect: false };
}
