import { accessOf } from "../../../outputs/access";
import type { Contract } from "../../../outputs/contract";
import { withMember } from "./connect";

const AT_ONCE = 2000;

/**
 * Looks for keys on every data node.
 *
 * @returns those that are missing on at least one of them, which after a failover is the same as lost: a replica has
 * what its master has.
 */
export async function missingSomewhere(contract: Contract, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const missing = await Promise.all(
    contract.nodes.map((node) =>
      withMember(node, accessOf(contract, "admin"), async (client) => {
        const absent: string[] = [];
        for (let from = 0; from < keys.length; from += AT_ONCE) {
          const part = keys.slice(from, from + AT_ONCE);
          const values = await client.mget(part);
          absent.push(...part.filter((_, index) => values[index] === null));
        }
        return absent;
      }),
    ),
  );
  return new Set(missing.flat());
}
