import type { Contract, ContractEndpoint, ContractMember } from "../outputs/contract";
import { nodeCommand } from "../node/program";
import { execInContainer } from "../engine/execInContainer";

/**
 * Finds the master the way an application inside the Docker network does.
 *
 * @param from the member in whose container it runs.
 * @param signal ends it.
 * @returns the announced address of the node that answered as master.
 * @throws Error whose message says what went wrong.
 */
export type InsideProbe = (contract: Contract, from: ContractMember, signal: AbortSignal) => Promise<ContractEndpoint>;

const PROBE = nodeCommand("probe");

/** Runs the node's own probe in a container, by `docker exec`; it writes a key that soon expires. */
export const insideProbe: InsideProbe = (_contract, from, signal) => probe(from.engine, from.name, PROBE, signal);

/**
 * Finds the master in the same way by the names alone, for whoever has no contract yet. Writes nothing: a preview changes
 * no data, and a master that refuses writes is one all the same.
 */
export const whoFrom = (engine: string, container: string, signal: AbortSignal): Promise<ContractEndpoint> =>
  probe(engine, container, [...PROBE, "who"], signal);

async function probe(
  engine: string,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<ContractEndpoint> {
  const { output, exitCode } = await execInContainer(engine, container, command, signal);
  const found = /^ok (\S+) (\d+)\s*$/m.exec(output);
  if (found === null) {
    const sentence = output.trim().split("\n").at(-1) ?? "";
    throw new Error(sentence !== "" ? sentence : `the probe ended with exit code ${exitCode} and said nothing`);
  }
  return { host: found[1]!, port: Number(found[2]) };
}
