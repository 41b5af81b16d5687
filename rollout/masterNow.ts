import { whoFrom } from "../checks/inside";
import { endpointText, type DeploymentPlan, type Endpoint } from "../config/plan";
import { isBroken, type FoundMember } from "./members";

/** Bound on asking a group for its master; one that has none is for the gates and checks to report. */
const MASTER_TIMEOUT_MS = 5_000;

/** Asks in a container for the announced address of the master. */
export type Ask = (engine: string, container: string, signal: AbortSignal) => Promise<Endpoint>;

/**
 * Name of the node that is master now, from inside a container that can tell; undefined when none can.
 */
export const masterNow = (
  plan: DeploymentPlan,
  found: readonly FoundMember[],
  ask: Ask = whoFrom,
  boundMs = MASTER_TIMEOUT_MS,
): Promise<string | undefined> =>
  askNodes(
    found,
    ask,
    (address) => plan.nodes.find(({ announced }) => endpointText(announced) === endpointText(address))?.name,
    boundMs,
  );

/**
 * The first answer of a data node that says something.
 *
 * Asked in the containers, with the passwords that they have: the stack's may be new ones. All at once, since one that
 * hangs must not use up the others' time; broken ones are believed only where no other tells.
 *
 * @param read what an answer says; undefined when it says nothing.
 */
export async function askNodes(
  found: readonly FoundMember[],
  ask: Ask,
  read: (address: Endpoint) => string | undefined,
  boundMs = MASTER_TIMEOUT_MS,
): Promise<string | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(boundMs), done.signal]);
  const answers = found
    .filter((member) => member.running && member.kind === "data")
    .sort((a, b) => Number(isBroken(a)) - Number(isBroken(b)))
    .map(async ({ engine, name }) => {
      const address = await ask(engine, name, signal).catch(() => undefined);
      return address && read(address);
    });
  try {
    for (const answer of answers) {
      const name = await answer;
      if (name !== undefined) {
        return name;
      }
    }
    return undefined;
  } finally {
    done.abort();
  }
}
