import type { Contract } from "../../../outputs/contract";
import { withSentinel } from "./connect";

/** Each Sentinel's own id, which must outlive its container and its volume. */
export async function sentinelIds(contract: Contract): Promise<readonly string[]> {
  return Promise.all(
    contract.sentinels.map((sentinel) =>
      withSentinel(contract, sentinel, async (client) => String(await client.call("SENTINEL", "MYID"))),
    ),
  );
}
