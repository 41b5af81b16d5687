import { fieldsOf } from "../checks/replies";
import type { Member } from "./group";

/** A node's word on the replicas that it wants before it takes a write (`minReplicasToWrite`). */
export interface Fence {
  /**
   * Has the node take, or hold, writes without replicas. The old master loses them while it holds writes back, and the new
   * one has none until the others follow it: they would tell `NOREPLICAS` to all. Not waited for: what is told to the node
   * next comes after it.
   */
  lift(): void;
  raise(): Promise<void>;
}

/** How long ago a replica may have been heard to count; none counts at 0, and no replica is asked for. */
const SETTING = "min-replicas-max-lag";

/**
 * Looks at the fence of a node. Lowered is the one of the two settings that no person lowers to let writes through, and a
 * node's own program raises it again within 10 s, should nobody else do it (node/lib-fence.sh).
 */
export async function fenceOf({ redis }: Pick<Member, "redis">): Promise<Fence> {
  const { "min-replicas-to-write": replicas, [SETTING]: lag } = fieldsOf(
    await redis.config("GET", "min-replicas-to-write", SETTING),
  );
  if (replicas === "0" || lag === "0") {
    return { lift: () => undefined, raise: () => Promise.resolve() };
  }
  return {
    lift: () => void redis.config("SET", SETTING, "0").catch(() => undefined),
    raise: async () => {
      await redis.config("SET", SETTING, lag!).catch(() => undefined);
    },
  };
}
