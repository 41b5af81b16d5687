import type { Redis } from "ioredis";

/** Names of what `fillWithEveryType` writes that ends by itself, and when. */
export const ENDS_AT = Date.now() + 3_600_000;

/**
 * Writes values of every type and shape, in three databases: small and large, with an end and without, names and values
 * of any bytes, what servers keep in compact and in spread-out form.
 *
 * @returns how many keys.
 */
export async function fillWithEveryType(client: Redis): Promise<number> {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const many = (count: number, item: (at: number) => (string | number | Buffer)[]) =>
    Array.from({ length: count }, (_, at) => item(at)).flat();
  const first: readonly (readonly [string, ...(string | number | Buffer)[]])[] = [
    ["SET", "string", "value"],
    ["SET", "empty", ""],
    ["SET", "number", 42],
    ["SET", bytes, bytes],
    ["SET", "large", "x".repeat(20_000_000)],
    ["SET", "ends", "soon", "PXAT", ENDS_AT],
    ["SETBIT", "bits", 100_000, 1],
    ["PFADD", "hyperloglog", ...many(1000, (at) => [`member-${at}`])],
    ["RPUSH", "list", "a", "b", bytes],
    ["RPUSH", "list-large", ...many(5000, (at) => [`item-${at}`])],
    ["SADD", "set-numbers", ...many(100, (at) => [at])],
    ["SADD", "set", "a", "b", bytes],
    ["SADD", "set-large", ...many(5000, (at) => [`member-${at}`])],
    ["ZADD", "zset", 1, "a", 0.1, "b", "-inf", "c", "+inf", bytes],
    ["ZADD", "zset-large", ...many(5000, (at) => [at / 7, `member-${at}`])],
    ["GEOADD", "places", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"],
    ["HSET", "hash", "field", "value", bytes, bytes],
    ["HSET", "hash-large", ...many(5000, (at) => [`field-${at}`, `value-${at}`])],
    ["XADD", "stream", "1-1", "field", "value"],
    ["XADD", "stream", "2-1", "field", bytes],
    ["XADD", "stream", "3-1", "field", "deleted"],
    ["XDEL", "stream", "3-1"],
    ["XGROUP", "CREATE", "stream", "group", 0],
    ["XREADGROUP", "GROUP", "group", "consumer", "COUNT", 1, "STREAMS", "stream", ">"],
    ["XGROUP", "CREATE", "stream-empty", "group", "$", "MKSTREAM"],
  ];
  for (const [name, ...args] of first) {
    await client.call(name, ...args);
  }
  await client.hset("hash-ends", "field", "value");
  await client.pexpireat("hash-ends", ENDS_AT);
  await client.select(3);
  await client.mset(...many(3000, (at) => [`other:${at}`, `value-${at}`]));
  await client.select(15);
  await client.set("string", "another of the same name");
  await client.select(0);
  await client.call(
    "FUNCTION",
    "LOAD",
    "#!lua name=mine\nredis.register_function('twice', function(k, a) return a[1] * 2 end)",
  );
  const sizes = (await client.info("keyspace")).matchAll(/keys=(\d+)/g);
  return [...sizes].reduce((sum, [, keys]) => sum + Number(keys), 0);
}
