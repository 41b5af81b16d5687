import { isSecretsVolume } from "../config/plan";
import { UserError } from "../config/userError";
import { engineClient } from "../engine/engineClient";
import { engineReasonOf, ifThere } from "../engine/engineError";
import { VOLUME } from "../engine/resourceTypes";
import { engineOf, type ExportedResource, type ExportedState } from "./exportedState";

/** Bound on one answer of an engine. */
const ANSWER_MS = 10_000;

/** A volume that a stack's state has, and its engine has no more. */
export interface LostVolume {
  readonly name: string;
  /** Endpoint of the engine. */
  readonly engine: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What of a stack's volumes is gone. */
export interface Loss {
  readonly volumes: readonly LostVolume[];
  /** No node has its data any more. */
  readonly everything: boolean;
}

/**
 * Looks which volumes were removed behind the stack's back: by hand, with a disk, with a whole machine. Neither an update
 * nor a destroy gets past one: the provider refuses to refresh what is not there.
 *
 * Engines that do not answer are left to the update, which says so.
 */
export async function lostVolumes(state: ExportedState): Promise<Loss> {
  const volumes = state.resources.filter((resource) => resource.type === VOLUME && !resource.delete);
  const looks = await Promise.all(volumes.map(async (resource) => ({ resource, lost: await look(state, resource) })));
  const data = looks.filter(({ resource }) => !isSecretsVolume(nameOf(resource)));
  return {
    volumes: looks.flatMap(({ lost }) => lost ?? []),
    everything: data.length > 0 && data.every(({ lost }) => lost !== undefined),
  };
}

/**
 * Makes them anew, empty, with the labels by which they are known. (An engine makes a volume by itself, too, when a container
 * asks for it, but without them.)
 *
 * @throws UserError when an engine does not.
 */
export async function remakeVolumes({ volumes }: Loss): Promise<void> {
  for (const { name, engine, labels } of volumes) {
    try {
      await (await engineClient(engine, ANSWER_MS)).createVolume({ Name: name, Labels: { ...labels } });
    } catch (error) {
      throw new UserError(
        `The volume ${name} is gone from ${engine} and could not be made anew (${engineReasonOf(error)}); nothing else was changed.`,
      );
    }
  }
}

/** What is said of it before anything is done. Undefined where nothing is lost. */
export function lossText({ volumes, everything }: Loss): string | undefined {
  const names = volumes.flatMap(({ name }) => (isSecretsVolume(name) ? [] : [name])).sort();
  if (everything) {
    return `The data volumes are gone, all of them: ${names.join(", ")}. What was in them is lost; they are made anew, empty.`;
  }
  return names.length > 0
    ? `Gone, and made anew, empty: ${names.join(", ")}. A node whose data volume is gone is filled by the others.`
    : undefined;
}

const nameOf = ({ outputs, inputs }: ExportedResource): string => String(outputs.name ?? inputs.name);

async function look(state: ExportedState, resource: ExportedResource): Promise<LostVolume | undefined> {
  const engine = engineOf(state, resource);
  if (engine === undefined) {
    return undefined;
  }
  const name = nameOf(resource);
  const inspected = async () => (await engineClient(engine, ANSWER_MS)).getVolume(name).inspect();
  // What an engine does not tell is left to the update.
  const found = await ifThere(inspected()).catch(() => true);
  return found === undefined ? { name, engine, labels: labelsIn(resource) } : undefined;
}

/** As the provider has them: a list of names and values. */
function labelsIn({ inputs }: ExportedResource): Readonly<Record<string, string>> {
  const labels = Array.isArray(inputs.labels) ? (inputs.labels as readonly Record<string, unknown>[]) : [];
  return Object.fromEntries(labels.map(({ label, value }) => [String(label), String(value)]));
}
