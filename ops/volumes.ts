import { isSecretsVolume } from "../config/plan";
import { VOLUME } from "../engine/resourceTypes";
import type { ExportedState } from "./exportedState";

/** A data volume and what a destroy does to it. */
export interface StackVolume {
  /** Name on its engine. */
  readonly name: string;
  /** `protected`: stays, and stays in the stack. `kept`: stays on the engine, and leaves the stack. */
  readonly fate: "deleted" | "kept" | "protected";
}

/**
 * What a destroy would do to each data volume of a stack; those with secrets always go. From the state, not from the settings: what counts is how the volumes
 * were deployed.
 */
export function volumesOf({ resources }: ExportedState): StackVolume[] {
  return resources
    .filter(({ type, delete: isLeftover }) => type === VOLUME && !isLeftover)
    .filter(({ outputs }) => !isSecretsVolume(String(outputs.name)))
    .map(({ protect, retainOnDelete, outputs }) => ({
      name: String(outputs.name),
      fate: protect ? ("protected" as const) : retainOnDelete ? ("kept" as const) : ("deleted" as const),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What is said instead of a stack without anything. */
export const emptyText = (stack: string): string => `Stack "${stack}" is empty: there is nothing to remove.`;

/** What is about to happen to the data, as sentences. */
export function destroyText(stack: string, volumes: readonly StackVolume[]): string {
  const of = (fate: StackVolume["fate"]) => volumes.filter((volume) => volume.fate === fate).map(({ name }) => name);
  const [deleted, kept, guarded] = [of("deleted"), of("kept"), of("protected")];
  return [
    `Stack "${stack}": all containers and networks will be removed.`,
    ...(deleted.length > 0 ? [`The data will go too: ${deleted.join(", ")}.`] : []),
    ...(kept.length > 0 ? [`The data will stay on the engine: ${kept.join(", ")}.`] : []),
    ...(guarded.length > 0 ? [`The data will stay, protected: ${guarded.join(", ")}.`] : []),
  ].join("\n");
}

/** How to get rid of what a destroy left, as sentences; nothing when it left nothing. */
export function leftoverText(stack: string, volumes: readonly StackVolume[]): string {
  const kept = volumes.filter(({ fate }) => fate === "kept").map(({ name }) => name);
  const guarded = volumes.filter(({ fate }) => fate === "protected").map(({ name }) => name);
  return [
    ...(kept.length > 0
      ? [`Kept on the engine: ${kept.join(", ")}.`, `  To remove that data too: docker volume rm ${kept.join(" ")}`]
      : []),
    ...(guarded.length > 0
      ? [
          `Kept in the stack, protected: ${guarded.join(", ")}.`,
          `  To remove that data too: npm run -s pulumi -- state unprotect --all --yes --stack ${stack} && npm run destroy -- ${stack}`,
        ]
      : []),
  ].join("\n");
}
