import type { StepMetadata } from "./events";
import type { Change } from "./model";

/** Steps that are no change by themselves: nothing happens, or something is looked at. */
const STILL = ["same", "refresh", "read"];

/** A replacement comes as several steps, of which the one called `replace` stands for all. Pulumi counts that one only. */
const PARTS = [
  "create-replacement",
  "delete-replaced",
  "discard-replaced",
  "import-replacement",
  "read-replacement",
  "remove-pending-replace",
];

/** One step for each change; pure. A part of a replacement that is not there stands for itself. */
export function changingSteps(steps: readonly StepMetadata[]): readonly StepMetadata[] {
  const replaced = new Set(steps.filter(({ op }) => op === "replace").map(({ urn }) => urn));
  return steps.filter(({ op, urn }) => !STILL.includes(op) && !(PARTS.includes(op) && replaced.has(urn)));
}

/**
 * Why the changes that were read may not be all, as sentences; pure.
 *
 * @param counted what Pulumi counted, by the name of the step.
 * @param unread how many events could not be read.
 */
export function doubtsAbout(
  changes: readonly Change[],
  counted: Readonly<Record<string, number>>,
  unread: number,
): readonly string[] {
  const kinds = [...new Set([...Object.keys(counted), ...changes.map(({ step }) => step)])]
    .filter((kind) => !STILL.includes(kind) && !PARTS.includes(kind))
    .sort();
  const differences = kinds.flatMap((kind) => {
    const [all, read] = [counted[kind] ?? 0, changes.filter(({ step }) => step === kind).length];
    return all === read ? [] : [`Of the steps called "${kind}" Pulumi counts ${all}, and ${read} could be read.`];
  });
  return unread === 0
    ? differences
    : [...differences, `Lines of what Pulumi printed that could not be read: ${unread}.`];
}
