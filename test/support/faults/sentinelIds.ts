import type { Contract } from "../../../outputs/contract";
import { withMember } from "./connect";

/** Each Sentinel's own id, which must outlive its container and its volume. */
export async function sentinelIds(contract: Contract): Promise<readonly string[]> {
  const password = contract.connection.sentinelPassword ?? contract.password;
  return Promise.all(
    contract.sentinels.map((sentinel) =>
      withMember(sentinel, password, async (client) => String(await client.call("SENTINEL", "MYID"))),
    ),
  );
}
