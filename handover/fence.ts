import type { Member } from "./group";

/**
 * Lets nodes whose role moves take or hold writes without the replicas that `minReplicasToWrite` asks for: the old
 * master, which holds them back and loses its replicas meanwhile, and the new one, until the others follow it. They would
 * tell `NOREPLICAS` to all. Lowered is the one of the two settings that no person lowers to let writes through, and a
 * node's own program raises it again within 10 s, should nobody else do it (node/lib-fence.sh).
 *
 * @returns what raises them again.
 */
export async function liftFences(nodes: readonly Pick<Member, "redis">[]): Promise<() => Promise<void>> {
  const raises = await Promise.all(nodes.map(liftFence));
  return async () => {
    await Promise.allSettled(raises.map((raise) => raise()));
  };
}

async function liftFence({ redis }: Pick<Member, "redis">): Promise<() => Promise<void>> {
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
