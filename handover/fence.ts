import type { Member } from "./group";

/**
 * Lets a node that is about to become master take writes before others follow it (`minReplicasToWrite`), instead of
 * telling `NOREPLICAS` to all. Lowered is the one of the two settings that no person lowers to let writes through, and
 * the node's own program raises it again within 10 s, should nobody else do it (node/lib-fence.sh).
 *
 * @returns what raises it again.
 */
export async function liftFence({ redis }: Pick<Member, "redis">): Promise<() => Promise<void>> {
  const [, replicas] = await redis.config("GET", "min-replicas-to-write");
  const [, lag] = await redis.config("GET", "min-replicas-max-lag");
  if (replicas === "0" || lag === "0") {
    return () => Promise.resolve();
  }
  const set = async (value: string): Promise<void> => {
    await redis.config("SET", "min-replicas-max-lag", value);
  };
  await set("0");
  return () => set(lag!);
}
