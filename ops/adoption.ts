import { CONTAINER, NETWORK, PROVIDER } from "../engine/resourceTypes";
import type { ExportedResource, RawState } from "./exportedState";

/** A thing on an engine that carries a deployment's labels. (Volumes are simply found again: who creates one gets the one that is there.) */
export interface Found {
  readonly type: typeof CONTAINER | typeof NETWORK;
  readonly name: string;
  readonly id: string;
  readonly deployment: string;
  /** Of a container. */
  readonly kind?: string;
  /** Endpoint of the engine. */
  readonly engine: string;
}

/** A state that has what the engines have, and what had to be done to it. */
export interface Adoption {
  readonly state: RawState;
  /** Names of the things that the state did not have, or had as others; the containers first. */
  readonly adopted: readonly string[];
  /** Endpoints that it follows its deployments to. */
  readonly moved: readonly string[];
  /** Names of those for which the stack has no place, such as a replica that the settings no longer have. */
  readonly left: readonly string[];
}

/**
 * Brings a stack's state to what carries its labels on the engines: containers that other tools made anew under their names, and
 * all that was forgotten, such as by an update that went to another engine. Pure.
 *
 * A container that is taken over has no recorded files, so the next update replaces it, in its turn; what matters is in
 * its volumes.
 *
 * @param engine endpoint of the engine to follow for deployments without the setting `hosts`; undefined for none.
 */
export function adopt(before: RawState, found: readonly Found[], engine?: string): Adoption {
  const moved = new Set<string>();
  const resources = before.deployment.resources.map((resource): ExportedResource => {
    const host = resource.inputs.host;
    if (resource.type !== PROVIDER || !resource.urn.endsWith("-local") || engine === undefined || host === engine) {
      return resource;
    }
    moved.add(engine);
    return {
      ...resource,
      inputs: { ...resource.inputs, host: engine },
      outputs: { ...resource.outputs, host: engine },
    };
  });
  const adopted: Found[] = [];
  const left: Found[] = [];
  for (const thing of found) {
    const index = resources.findIndex(
      ({ type, inputs, outputs, delete: goes }) =>
        type === thing.type && !goes && (outputs.name ?? inputs.name) === thing.name,
    );
    const recorded = resources[index];
    if (recorded?.id === thing.id) {
      continue;
    }
    const entry = recorded === undefined ? newEntry(resources, thing) : { ...recorded, ...bare(thing) };
    if (entry === undefined) {
      left.push(thing);
      continue;
    }
    adopted.push(thing);
    resources.splice(recorded === undefined ? resources.length : index, recorded === undefined ? 0 : 1, entry);
  }
  const names = (things: readonly Found[]) =>
    things.map(({ type, name }) => (type === NETWORK ? `the network ${name}` : name)).sort();
  return {
    state: { ...before, deployment: { ...before.deployment, resources } },
    adopted: names(adopted),
    moved: [...moved],
    left: names(left),
  };
}

/** What a refresh needs to find it; all else it reads itself. */
const bare = ({ id, name }: Found) => ({ id, inputs: { name }, outputs: { id, name } });

/** An entry of its own, below the component whose name it has; undefined where there is none. */
function newEntry(resources: readonly ExportedResource[], thing: Found): ExportedResource | undefined {
  const parent = parentOf(resources, thing);
  const provider = resources.find(
    ({ type, urn, inputs }) =>
      type === PROVIDER && inputs.host === thing.engine && urn.includes(`::${thing.deployment}-`),
  );
  if (parent === undefined || provider === undefined) {
    return undefined;
  }
  const name = thing.type === NETWORK ? `${provider.urn.split("::").at(-1)}-network` : thing.name;
  const [head, chain] = splitUrn(parent.urn);
  return {
    urn: `${head}::${chain}$${thing.type}::${name}`,
    custom: true,
    type: thing.type,
    ...bare(thing),
    protect: false,
    retainOnDelete: false,
    delete: false,
    parent: parent.urn,
    provider: `${provider.urn}::${provider.id}`,
    propertyDependencies: {},
  };
}

function parentOf(
  resources: readonly ExportedResource[],
  { type, name, deployment, kind }: Found,
): ExportedResource | undefined {
  const component = (types: readonly string[], called: string) =>
    resources.find((one) => types.some((each) => one.type.endsWith(`:${each}`)) && one.urn.endsWith(`::${called}`));
  if (type === NETWORK) {
    return component(["RedisBase"], deployment);
  }
  return kind === "sentinel"
    ? component(["SentinelGroup"], `${deployment}-sentinels`)
    : component(["RedisMaster", "RedisReplica"], name);
}

/** `urn:pulumi:STACK::PROJECT` and the chain of types. */
function splitUrn(urn: string): readonly [string, string] {
  const parts = urn.split("::");
  return [parts.slice(0, 2).join("::"), parts[2]!];
}

/** Endpoints of a state's engines, by its providers. Pure. */
export const enginesIn = ({ deployment: { resources } }: RawState): readonly string[] => [
  ...new Set(
    resources.flatMap(({ type, inputs: { host } }) => (type === PROVIDER && typeof host === "string" ? [host] : [])),
  ),
];

/** `project/stack`, by the name of the first resource; undefined in an empty state. Pure. */
export function identityIn({ deployment: { resources } }: RawState): string | undefined {
  const [stack, project] = resources[0]?.urn.split("::") ?? [];
  return stack === undefined ? undefined : `${project}/${stack.split(":").at(-1)}`;
}

/** What a person is told of it. Pure. */
export function describeAdoption({ adopted, moved, left }: Adoption): readonly string[] {
  const list = (names: readonly string[]) => names.join(", ");
  return [
    ...(moved.length > 0 ? [`The stack is on ${list(moved)}, which its state did not say.`] : []),
    ...(adopted.length > 0
      ? [
          `Taken over, since the stack's state did not have them or had others of these names: ${list(adopted)}. Containers among them are replaced in their turn.`,
        ]
      : []),
    ...(left.length > 0
      ? [`Left alone, since the stack has no place for them: ${list(left)}; see: docker ps -a, docker network ls`]
      : []),
  ];
}
