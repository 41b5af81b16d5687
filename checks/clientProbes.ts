import type { Contract, ContractMember } from "../outputs/contract";
import { causeOf, groupClient } from "./connections";
import { errorText } from "./failures";
import type { InsideProbe } from "./inside";
import { announcedBy, describe, describeAddress, membersOf } from "./members";
import { fixInside, fixOutside } from "./remedies";
import { infoOf } from "./replies";
import type { Verdict } from "./verdict";

/** Milliseconds for the probe inside the Docker network: it has an engine, perhaps ssh, and Sentinels to go through. */
const INSIDE_MS = 15_000;

/**
 * Sees whether an application outside the Docker network gets to the master with nothing but `contract.connection`.
 *
 * @param runId of the master, as it says itself: an address would prove little behind a translation.
 */
export async function probeOutside(contract: Contract, master: ContractMember, runId: string): Promise<Verdict> {
  const client = groupClient(contract);
  const hasSentinels = contract.sentinels.length > 0;
  const verdict = (...seen: string[]): Verdict => ({
    subject: "client outside",
    check: hasSentinels ? "asks the Sentinels" : "connects",
    expected: `reaches the master, ${describe(master)}`,
    detail: `reaches ${describe(master)}`,
    deviations: seen.map((text) => ({ seen: text, remedy: fixOutside(hasSentinels) })),
  });
  try {
    const found = infoOf(await client.info("server")).run_id;
    return found === runId ? verdict() : verdict("reaches another node than the master");
  } catch (error) {
    return verdict(`does not reach the master (${errorText(contract, causeOf(client) ?? error)})`);
  } finally {
    client.disconnect();
  }
}

/** Sees whether an application inside the Docker network gets to the master. */
export async function probeInside(
  contract: Contract,
  master: ContractMember,
  probe: InsideProbe,
  signal?: AbortSignal,
): Promise<Verdict> {
  const from = placeFor(contract, master);
  const verdict = (...seen: string[]): Verdict => ({
    subject: "client inside",
    check: contract.sentinels.length > 0 ? "asks the Sentinels" : "connects",
    expected: `reaches the master, ${describe(master)}, from the container ${from.name}`,
    detail: `reaches ${describe(master)} from ${from.name}`,
    deviations: seen.map((text) => ({ seen: text, remedy: fixInside() })),
  });
  const bounded = AbortSignal.any([AbortSignal.timeout(INSIDE_MS), ...(signal === undefined ? [] : [signal])]);
  try {
    const address = await unlessAborted(probe(contract, from, bounded), bounded);
    return announcedBy(contract, address)?.name === master.name
      ? verdict()
      : verdict(`reaches ${describeAddress(contract, address)} instead of the master`);
  } catch (error) {
    return verdict(`does not reach the master from ${from.name} (${errorText(contract, error)})`);
  }
}

/** A container that is not the master's, if there is one: the way through the network is to be seen. */
function placeFor(contract: Contract, master: ContractMember): ContractMember {
  return membersOf(contract).find(({ name }) => name !== master.name) ?? master;
}

/** Engines exist that never answer; a probe that does not mind its signal must not hold up everything. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
