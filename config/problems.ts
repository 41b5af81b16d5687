import { closest, distance } from "fastest-levenshtein";

/** One thing that is wrong with the settings, said so that it can be put right without reading anything else. */
export interface Problem {
  /** Where: the setting's path, such as `replicas` or `deployments.cache.hosts[0].address`. */
  readonly path: string;
  /** What is wrong, what is allowed, and how to fix it; one sentence or two. */
  readonly reason: string;
}

/** All problems of one kind of input at once; nothing was touched when this is thrown. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.name = "SettingsError";
  }
}

/** One line per problem, below a line that counts them. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return [`${count} not usable; nothing was changed.`, ...problems.map((p) => `  - ${p.path}: ${p.reason}`)].join("\n");
}

/** The known name nearest to a mistyped one, or undefined when none is near enough to be meant. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const byLowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  const lower = given.toLowerCase();
  const best = closest(lower, [...byLowerCase.keys()]);
  const tolerated = Math.max(2, Math.floor(given.length / 3));
  return distance(lower, best) <= tolerated ? byLowerCase.get(best) : undefined;
}
