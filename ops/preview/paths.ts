import type { StepMetadata, StepState } from "./events";

/** Which properties a step changes, by their paths, and which of them make it a replacement. */
export interface ChangedPaths {
  readonly paths: readonly string[];
  readonly causes: readonly string[];
}

/** Pure. What the properties are before and after is compared, and not part of the answer. */
export function changedPaths({ op, old, new: next, keys, diffs, detailedDiff }: StepMetadata): ChangedPaths {
  const detailed = Object.entries(detailedDiff ?? {});
  const paths = detailed.map(([path]) => path);
  const causes = detailed.filter(([, { diffKind }]) => diffKind.endsWith("-replace")).map(([path]) => path);
  return {
    // A component has no provider that would tell.
    paths: sorted(paths.length > 0 ? paths : (diffs ?? (op === "update" ? differences(old, next) : []))),
    causes: sorted([...new Set((keys?.length ? keys : causes).map(firstName))]),
  };
}

/** Labels follow from the rest, so they come last. */
const sorted = (paths: readonly string[]): readonly string[] =>
  [...paths].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
const rank = (path: string): number => (firstName(path) === "labels" ? 1 : 0);

/** `labels` of `labels[3].value`. */
const firstName = (path: string): string => /^[^.[]+/.exec(path)?.[0] ?? path;

function differences(old: StepState | null | undefined, next: StepState | null | undefined): readonly string[] {
  return deepDifferences(old?.inputs ?? {}, next?.inputs ?? {}, "");
}

/** By this key Pulumi marks an object that stands for a secret. */
const SECRET = "4dabf18193072939515e22adb298388d";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(SECRET in value);

/** Lists are compared as wholes: one that gets shorter would otherwise differ at every place. */
function deepDifferences(one: unknown, other: unknown, path: string): readonly string[] {
  if (isRecord(one) && isRecord(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      deepDifferences(one[key], other[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [path];
}
