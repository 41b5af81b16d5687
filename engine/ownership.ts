import { DEPLOYMENT_LABEL, STACK_LABEL, type Label } from "../config/labels";
import type { DeploymentPlan } from "../config/plan";
import { CONTAINER, NETWORK, VOLUME } from "./resourceTypes";
import type { Surveys } from "./survey";

/** A resource of a stack, as its state has it before an update. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A label, as `@pulumi/docker` has them; undefined where there is none of that name. */
export function labelIn(labels: unknown, name: string): string | undefined {
  const all = Array.isArray(labels) ? (labels as readonly Partial<Label>[]) : [];
  return all.find(({ label }) => label === name)?.value;
}

/** Whose the things are that a stack's state has: the value of their label; undefined where it has none. Pure. */
export function recordedOwner(recorded: readonly RecordedResource[]): string | undefined {
  const ofType = (type: string) =>
    recorded
      .filter((resource) => resource.type === type)
      .map((resource) => labelIn(resource.outputs.labels, STACK_LABEL));
  // A volume may be older than the stack, and a network outlives its containers.
  return [...ofType(CONTAINER), ...ofType(NETWORK), ...ofType(VOLUME)].find((owner) => owner !== undefined);
}

/**
 * By which value of the label `redis-on-docker.stack` a stack knows its own things. It is the stack's name when it first deploys,
 * and stays what it was: the stack or the project may be renamed. A stack of a name that another one had before gets
 * another value, so that it takes nothing for its own that is the other one's. Pure.
 *
 * @param recorded what the stack's state has; undefined where that cannot be known.
 * @param identity `project/stack`.
 */
export function ownerOf(
  recorded: readonly RecordedResource[] | undefined,
  surveys: readonly Surveys[],
  plans: readonly DeploymentPlan[],
  identity: string,
): string {
  const known = recordedOwner(recorded ?? []);
  if (recorded === undefined || known !== undefined) {
    return known ?? identity;
  }
  const names = new Set(plans.map(({ name }) => name));
  const taken = new Set(
    surveys
      .flatMap((byEngine) => [...byEngine.values()])
      .flatMap(({ containers, networks }) => [...containers, ...networks])
      .flatMap(({ owner }) => (owner !== undefined && names.has(owner.deployment) ? [owner.stack] : [])),
  );
  let owner = identity;
  for (let next = 2; taken.has(owner); next += 1) {
    owner = `${identity}-${next}`;
  }
  return owner;
}

/** Ids of the containers that a stack's state has. Pure. */
export const recordedContainers = (recorded: readonly RecordedResource[]): ReadonlySet<string> =>
  new Set(recorded.flatMap(({ type, outputs }) => (type === CONTAINER ? [String(outputs.id)] : [])));

/** Names of the deployments that have containers in a stack's state. Pure. */
export const recordedDeployments = (recorded: readonly RecordedResource[]): ReadonlySet<string> =>
  new Set(
    recorded
      .filter(({ type }) => type === CONTAINER)
      .flatMap((resource) => labelIn(resource.outputs.labels, DEPLOYMENT_LABEL) ?? []),
  );
