import { endpointText, majorityOf, type Endpoint } from "../../config/plan";
import type { Fields } from "../../checks/replies";

/**
 * Sentinel notices a promotion at its next INFO, a second after the last one. Asked within this window after the last
 * INFO, the promotion (0.2 s) is done just before the next, and the pause is 0.4 s instead of 1.2 s.
 */
export const ALIGNED_MS = { from: 680, to: 750 } as const;

/**
 * Whether a Sentinel would promote the candidate, by what it has seen so far.
 *
 * @param replicas its reply to SENTINEL REPLICAS.
 */
export function prefers(replicas: readonly Fields[], candidate: Endpoint): boolean {
  const able = replicas.filter((row) => priorityOf(row) > 0 && !/down|disconnected/.test(row.flags ?? ""));
  const own = able.find((row) => addressOfRow(row) === endpointText(candidate));
  return own !== undefined && able.every((row) => row === own || priorityOf(row) > priorityOf(own));
}

/** Whether this is the moment to ask, so that the Sentinel sees the promotion without a wait. */
export function isAligned(replicas: readonly Fields[], candidate: Endpoint): boolean {
  const row = replicas.find((each) => addressOfRow(each) === endpointText(candidate));
  const age = Number(row?.["info-refresh"] ?? Number.NaN);
  return age >= ALIGNED_MS.from && age <= ALIGNED_MS.to;
}

const priorityOf = (row: Fields): number => Number(row["slave-priority"] ?? 0);
const addressOfRow = (row: Fields): string => `${row.ip}:${row.port}`;

/**
 * The address that a majority of the configured Sentinels names as master.
 *
 * @param answers one for each configured Sentinel; undefined where it gave none.
 */
export function namedByMajority(answers: readonly (Endpoint | undefined)[]): Endpoint | undefined {
  const named = answers.filter((answer) => answer !== undefined);
  return named.find((one) => named.filter((other) => sameEndpoint(one, other)).length >= majorityOf(answers.length));
}

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean => endpointText(a) === endpointText(b);
