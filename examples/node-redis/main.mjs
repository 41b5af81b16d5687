// An application's client: the output `connection` is all that it needs.
//
//   npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | node examples/node-redis/main.mjs
//
// With a number it goes on writing for so many seconds, and says each pause that was longer than a tenth of one.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

// As `import { createSentinel } from "redis"`, from the folder in which the package is installed.
const { createSentinel } = createRequire(process.env.NODE_REDIS ?? import.meta.url)("redis");

const c = JSON.parse(await text(process.stdin));
const socket = {
  connectTimeout: c.connectTimeout,
  reconnectStrategy: () => 100,
  ...(c.tls && { tls: true, ...c.tls }),
};
const redis = createSentinel({
  name: c.name,
  sentinelRootNodes: c.sentinels,
  // Where the addresses that Sentinels answer with are not reached from here.
  nodeAddressMap: c.natMap,
  nodeClientOptions: { username: c.username, password: c.password, socket },
  sentinelClientOptions: { username: c.sentinelUsername, password: c.sentinelPassword, socket },
  // How often it asks for the master of now, in milliseconds, and how often a command looks for the next one.
  scanInterval: 500,
  maxCommandRediscovers: 1000,
});
// Without a listener the first lost connection ends the process.
redis.on("error", () => undefined);
await redis.connect();

await redis.set("greeting", "hello from node-redis");
console.log(await redis.get("greeting"));

const seconds = Number(process.argv[2] ?? 0);
const end = Date.now() + seconds * 1000;
let last = Date.now();
while (Date.now() < end) {
  await redis.set("greeting", "hello again");
  const pause = Date.now() - last;
  if (pause > 100) console.log(`pause of ${pause} ms`);
  last = Date.now();
  await sleep(20);
}
redis.destroy();
