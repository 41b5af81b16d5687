import { endpointText, majorityOf, type Endpoint } from "../config/plan";

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
