import type { Redis } from "ioredis";

const ITEMS = 18_000;
const ITEM_BYTES = 250;
/** When the large hash ends. */
export const LARGE_ENDS_AT = Date.now() + 3_600_000;

/**
 * Writes a value of every type that is about 4.5 MiB large, more than is brought in one piece, and among what a stream
 * knows an entry that a consumer has not acknowledged and that is removed.
 *
 * @returns the names of the keys.
 */
export async function fillWithLargeValues(client: Redis): Promise<readonly string[]> {
  const filled = async (command: string, key: string, item: string): Promise<void> => {
    const script = `
      local filling = string.rep('x', ${ITEM_BYTES})
      for at = 1, ${ITEMS} do redis.call('${command}', KEYS[1], ${item}) end`;
    await client.eval(script, 1, key);
  };
  await client.set("large-string", Buffer.alloc(ITEMS * ITEM_BYTES, "0123456789 "));
  await filled("RPUSH", "large-list", "at .. filling");
  await filled("SADD", "large-set", "at .. filling");
  await filled("ZADD", "large-zset", "at / 7, at .. filling");
  await filled("HSET", "large-hash", "'field-' .. at, at .. filling");
  await client.zadd("large-zset", "+inf", "most", "-inf", "least");
  await client.pexpireat("large-hash", LARGE_ENDS_AT);
  await filled("XADD", "large-stream", "at .. '-1', 'field', at .. filling");
  for (const [group, consumer, count] of [
    ["workers", "one", 3000],
    ["workers", "two", 3],
    ["others", "one", 10],
  ] as const) {
    await client.xgroup("CREATE", "large-stream", group, 0).catch(() => undefined);
    await client.xreadgroup("GROUP", group, consumer, "COUNT", count, "STREAMS", "large-stream", ">");
  }
  await client.xgroup("CREATECONSUMER", "large-stream", "others", "idle");
  await client.xdel("large-stream", "2-1", "9-1", "3002-1", "12000-1");
  await client.xtrim("large-stream", "MINID", "2-1");
  return ["large-string", "large-list", "large-set", "large-zset", "large-hash", "large-stream"];
}
