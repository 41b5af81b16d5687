/** Label of everything that a deployment owns on an engine; its value is the deployment's name. */
export const DEPLOYMENT_LABEL = "redis-on-docker.deployment";
/** Label that tells whose deployment it is: `project/stack`, as the stack was called when it first deployed. */
export const STACK_LABEL = "redis-on-docker.stack";
/** Label of a container: the kind of its member, `data` or `sentinel`. */
export const KIND_LABEL = "redis-on-docker.kind";
/**
 * Label of a container: a hash of everything that only a new container can change. One that differs from the plan's is
 * what tells, before an update, that the container will be replaced.
 */
export const REVISION_LABEL = "redis-on-docker.revision";
/**
 * Label of a container: the name and the address under which the others know it. Members whose addresses change cannot
 * be one group with those that still have the old ones.
 */
export const IDENTITY_LABEL = "redis-on-docker.identity";

/** A label, as `@pulumi/docker` takes it. */
export interface Label {
  readonly label: string;
  readonly value: string;
}

export function ownershipLabels(deployment: string, stack: string): Label[] {
  return [
    { label: DEPLOYMENT_LABEL, value: deployment },
    { label: STACK_LABEL, value: stack },
  ];
}
