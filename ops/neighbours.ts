import { engineClient } from "../engine/engineClient";
import { CONTAINER, NETWORK } from "../engine/resourceTypes";
import { engineOf, type ExportedState } from "./exportedState";
import { UserError } from "../config/userError";

/** A network that a stack made. */
export interface StackNetwork {
  readonly id: string;
  readonly name: string;
  /** Endpoint of its engine. */
  readonly engine: string;
}

const ENGINE_ANSWER_MS = 10_000;

/** The networks of a stack. Pure. */
export const networksOf = (state: ExportedState): readonly StackNetwork[] =>
  state.resources
    .filter(({ type }) => type === NETWORK)
    .flatMap((resource) => {
      const { id, outputs } = resource;
      const engine = engineOf(state, resource);
      return id === undefined || engine === undefined ? [] : [{ id, name: String(outputs.name), engine }];
    });

/**
 * Makes sure that a destroy does not stop at the stack's networks when all else is gone: an engine removes none that a
 * container is on.
 *
 * @throws UserError that names the containers that are not the stack's.
 */
export async function refuseNeighbours(state: ExportedState): Promise<void> {
  const own = new Set(state.resources.filter(({ type }) => type === CONTAINER).map(({ id }) => id));
  const halfMade = new Set(state.halfMade.map(({ inputs }) => inputs.name));
  for (const network of networksOf(state)) {
    const others = (await containersOn(network))
      .filter(({ id, name }) => !own.has(id) && !halfMade.has(name))
      .map(({ name }) => name)
      .sort();
    if (others.length > 0) {
      throw new UserError(
        `The network ${network.name} is used by ${others.join(", ")}, not of this stack; remove ${others.length === 1 ? "it" : "them"} first (docs/applications.md). Nothing was changed.`,
      );
    }
  }
}

/** The running containers on a network; none where the engine does not say, since the destroy itself will. */
async function containersOn({ id, engine }: StackNetwork): Promise<readonly { id: string; name: string }[]> {
  try {
    const client = await engineClient(engine, ENGINE_ANSWER_MS);
    const { Containers } = (await client.getNetwork(id).inspect()) as {
      Containers?: Readonly<Record<string, { Name: string }>> | null;
    };
    return Object.entries(Containers ?? {}).map(([container, { Name }]) => ({ id: container, name: Name }));
  } catch {
    return [];
  }
}
