import { endpointText, type Endpoint } from "../config/plan";
import { DATA_DIR } from "../node/program";
import { execInContainer } from "../engine/execInContainer";
import type { ContractMember } from "../outputs/contract";
import { waitFor } from "./waiting";

/** Where a node's scripts record its role, about once a second, for its next start (node/lib-marker.sh). */
const MARKER = `${DATA_DIR}/node.state`;
const ENGINE_ANSWER_MS = 3000;
/** The scripts look once a second; a disk may be slow. */
const PATIENCE = { forMs: 6000, everyMs: 300 };

/** Whether a record says what the node now is. */
export function recordsRole(marker: string, self: Endpoint, master: Endpoint): boolean {
  const fields = new Map(
    marker.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const role = endpointText(self) === endpointText(master) ? "master" : "replica";
  return fields.get("role") === role && fields.get("master") === endpointText(master);
}

/**
 * Waits until all nodes have recorded their roles, so that a restart from now on brings back the same ones.
 *
 * @returns names of the nodes that have not.
 */
export async function awaitRecorded(nodes: readonly ContractMember[], master: Endpoint): Promise<readonly string[]> {
  let open = [...nodes];
  await waitFor(async () => {
    const recorded = await Promise.all(
      open.map(async (node) => recordsRole(await markerOf(node), node.announced, master)),
    );
    open = open.filter((_, index) => recorded[index] !== true);
    return open.length === 0 ? true : undefined;
  }, PATIENCE);
  return open.map(({ name }) => name);
}

async function markerOf({ engine, name }: ContractMember): Promise<string> {
  try {
    const { output } = await execInContainer(engine, name, ["cat", MARKER], AbortSignal.timeout(ENGINE_ANSWER_MS));
    return output;
  } catch {
    return "";
  }
}
