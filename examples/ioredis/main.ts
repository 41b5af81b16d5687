// An application's client: the output `connection` is all that it needs.
//
//   npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | npx tsx examples/ioredis/main.ts
//
// With a number it goes on writing for so many seconds, and says each pause that was longer than a tenth of one.

import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis, type RedisOptions } from "ioredis";

async function main(): Promise<void> {
  const connection = JSON.parse(await text(process.stdin)) as RedisOptions;
  // Commands wait for the next master instead of failing, and it is looked for ten times a second.
  const redis = new Redis({ ...connection, maxRetriesPerRequest: null, retryStrategy: () => 100 });
  // Without a listener every lost connection is printed as an unhandled error.
  redis.on("error", () => undefined);
  await redis.set("greeting", "hello from ioredis");
  console.log(await redis.get("greeting"));
  await watch(redis, Number(process.argv[2] ?? 0));
  await redis.quit();
}

async function watch(redis: Redis, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let last = Date.now();
  while (Date.now() < end) {
    await redis.set("greeting", "hello again");
    const pause = Date.now() - last;
    if (pause > 100) console.log(`pause of ${pause} ms`);
    last = Date.now();
    await sleep(20);
  }
}

void main();
