import type Docker from "dockerode";
import { STACK_LABEL } from "../config/labels";
import { engineClient } from "../engine/engineClient";
import { engineOf, exportState, type ExportedState } from "./exportedState";
import { askPulumi } from "./pulumi";
import { UserError } from "./userError";
import { isGone } from "./whyAbsent";

/** A thing that a killed update had begun to create on an engine. (Volumes are simply found again.) */
export interface HalfMade {
  readonly kind: "container" | "network";
  readonly name: string;
  /** Endpoint of the engine. */
  readonly engine: string;
  /** `project/stack`, which its label says if it is there. */
  readonly owner: string;
}

const KINDS: Readonly<Record<string, HalfMade["kind"]>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
};

/** What may be on the engines without the stack's state knowing it; containers before the networks they are on. Pure. */
export function halfMadeOf(state: ExportedState): readonly HalfMade[] {
  const found = state.halfMade.flatMap((resource): HalfMade[] => {
    const { type, urn, inputs } = resource;
    const kind = KINDS[type];
    const engine = engineOf(state, resource);
    // `urn:pulumi:STACK::PROJECT::...`
    const [stack, project] = urn.split("::");
    const owner = `${project}/${stack!.split(":").at(-1)}`;
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

async function removeUnlessRecorded(thing: HalfMade, recorded: ReadonlySet<string | undefined>): Promise<boolean> {
  try {
    const found = await find(thing);
    if (found === undefined || recorded.has(found.id) || found.owner !== thing.owner) {
      return false;
    }
    await found.remove();
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `An earlier update was interrupted while it created ${thing.name}, which could not be removed (${reason}); remove it: docker ${thing.kind} rm ${thing.name}`,
    );
  }
}

/** What is on an engine under that name, whoever made it. */
interface Found {
  readonly id: string;
  readonly owner: string | undefined;
  remove(): Promise<void>;
}

async function find({ kind, name, engine }: HalfMade): Promise<Found | undefined> {
  const client = await engineClient(engine);
  return kind === "container" ? findContainer(client.getContainer(name)) : findNetwork(client.getNetwork(name));
}

async function findContainer(container: Docker.Container): Promise<Found | undefined> {
  const found = await ifThere(container.inspect());
  return (
    found && {
      id: found.Id,
      owner: found.Config.Labels[STACK_LABEL],
      remove: async () => {
        if (found.State.Running) {
          // Within the grace period that it was made with.
          await container.stop();
        }
        await container.remove({ force: true });
      },
    }
  );
}

async function findNetwork(network: Docker.Network): Promise<Found | undefined> {
  const found = await ifThere(network.inspect());
  return found && { id: found.Id, owner: found.Labels?.[STACK_LABEL], remove: () => network.remove() as Promise<void> };
}

/** Undefined for what is not there. */
async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}
