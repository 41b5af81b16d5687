import { STACK_LABEL } from "../config/labels";
import { engineClient } from "../engine/engineClient";
import { engineReasonOf, ifThere } from "../engine/engineError";
import { labelsOf } from "../engine/labelsOf";
import { labelIn } from "../engine/ownership";
import { CONTAINER, NETWORK } from "../engine/resourceTypes";
import { stopContainer } from "../engine/stopContainer";
import { engineOf, exportState, type ExportedState } from "./exportedState";
import { askPulumi } from "./pulumi";
import { UserError } from "../config/userError";

/** A thing that a killed update had begun to create on an engine. (Volumes are simply found again.) */
export interface HalfMade {
  readonly kind: "container" | "network";
  readonly name: string;
  /** Endpoint of the engine. */
  readonly engine: string;
  /** What its label says if it is there. */
  readonly owner: string | undefined;
}

/** Bound on one answer of an engine; a removal takes a busy one several seconds. */
const ANSWER_MS = 30_000;
/** What the engine gives a container that was made without a grace period. */
const DEFAULT_GRACE_S = 10;

const KINDS: Readonly<Record<string, HalfMade["kind"]>> = {
  [CONTAINER]: "container",
  [NETWORK]: "network",
};

/** What may be on the engines without the stack's state knowing it; containers before the networks they are on. Pure. */
export function halfMadeOf(state: ExportedState): readonly HalfMade[] {
  const found = state.halfMade.flatMap((resource): HalfMade[] => {
    const { type, inputs } = resource;
    const kind = KINDS[type];
    const engine = engineOf(state, resource);
    const owner = labelIn(inputs.labels, STACK_LABEL);
    return kind === undefined || engine === undefined ? [] : [{ kind, name: String(inputs.name), engine, owner }];
  });
  return found.sort((a, b) => a.kind.localeCompare(b.kind));
}

/**
 * Removes what a killed update had begun to create and did not come to record. Left there, it would be in the way of the
 * next update, which creates it again: an engine has no two containers of one name. A container that serves meanwhile
 * gets its time to stop, so a master hands over first; the data is in its volume.
 *
 * @param tell gets a line for each thing.
 * @returns whether an update had begun to create something, and none is at work now.
 * @throws UserError when the state cannot be read, or an engine does not let go of it.
 */
export async function removeHalfMade(stack: string, tell: (line: string) => void): Promise<boolean> {
  // What an update is creating just now looks the same; but while one is at work, Pulumi refuses this.
  if ((await exportState(stack)).halfMade.length === 0 || !(await refresh(stack))) {
    return false;
  }
  const state = await exportState(stack);
  const recorded = new Set(state.resources.map(({ id }) => id));
  for (const thing of halfMadeOf(state)) {
    if (await removeUnlessRecorded(thing, recorded)) {
      tell(`An earlier update was interrupted while it created ${thing.name}: that is removed, and made anew.`);
    }
  }
  // Pulumi itself would remember it for good, and warn of it at every update.
  await refresh(stack, "--clear-pending-creates");
  return true;
}

async function refresh(stack: string, ...options: readonly string[]): Promise<boolean> {
  const { exitCode } = await askPulumi(["refresh", "--yes", "--skip-preview", ...options, "--stack", stack]);
  return exitCode === 0;
}

/**
 * Removes a thing that the stack's state does not know.
 *
 * @param recorded ids of all that it knows.
 * @returns whether it was there, and the stack's.
 * @throws UserError when the engine does not let go of it.
 */
export async function removeUnlessRecorded(
  thing: HalfMade,
  recorded: ReadonlySet<string | undefined>,
): Promise<boolean> {
  try {
    const found = await find(thing);
    if (found?.owner === undefined || recorded.has(found.id) || found.owner !== thing.owner) {
      return false;
    }
    await found.remove();
    return true;
  } catch (error) {
    throw new UserError(
      `An earlier update was interrupted while it created ${thing.name}, which could not be removed (${engineReasonOf(error)}); remove it: docker ${thing.kind} rm ${thing.name}`,
    );
  }
}

/** What is on an engine under that name, whoever made it. */
interface Found {
  readonly id: string;
  readonly owner: string | undefined;
  remove(): Promise<unknown>;
}

async function find({ kind, name, engine }: HalfMade): Promise<Found | undefined> {
  return kind === "container" ? findContainer(engine, name) : findNetwork(engine, name);
}

async function findContainer(endpoint: string, name: string): Promise<Found | undefined> {
  const container = (await engineClient(endpoint, ANSWER_MS)).getContainer(name);
  const found = await ifThere(container.inspect());
  return (
    found && {
      id: found.Id,
      owner: labelsOf(found.Config)[STACK_LABEL],
      remove: async () => {
        if (found.State.Running) {
          await stopContainer(endpoint, name, graceOf(found.Config));
        }
        await ifThere(container.remove({ force: true }));
      },
    }
  );
}

/** The client's types do not know it. */
const graceOf = (config: object): number =>
  (config as { readonly StopTimeout?: number | null }).StopTimeout ?? DEFAULT_GRACE_S;

async function findNetwork(endpoint: string, name: string): Promise<Found | undefined> {
  const network = (await engineClient(endpoint, ANSWER_MS)).getNetwork(name);
  const found = await ifThere(network.inspect());
  return found && { id: found.Id, owner: labelsOf(found)[STACK_LABEL], remove: () => ifThere(network.remove()) };
}
