// An application's client: the output `connection` is all that it needs.
//
//   npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | npx tsx examples/ioredis/main.ts

import { text } from "node:stream/consumers";
import { Redis, type RedisOptions } from "ioredis";

async function main(): Promise<void> {
  const redis = new Redis(JSON.parse(await text(process.stdin)) as RedisOptions);
  await redis.set("greeting", "hello from ioredis");
  console.log(await redis.get("greeting"));
  await redis.quit();
}

void main();
