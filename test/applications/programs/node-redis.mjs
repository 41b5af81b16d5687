// node-redis under Sentinel: it has a place for each thing that `connection` says, under names of its own.

import { connection as c, forever, library, me, report, until } from "./report.mjs";

const { createSentinel } = library("redis");

const socket = { connectTimeout: c.connectTimeout };
const redis = createSentinel({
  name: c.name,
  sentinelRootNodes: c.sentinels,
  nodeAddressMap: c.natMap,
  nodeClientOptions: { username: c.username, password: c.password, socket },
  sentinelClientOptions: { username: c.sentinelUsername, password: c.sentinelPassword, socket },
  scanInterval: 500,
  maxCommandRediscovers: 1000,
});
// Without a listener, the first lost connection ends the process.
redis.on("error", (error) => report({ noticed: String(error) }));
await redis.connect();
await forever(50, async (index) => {
  const key = `node-redis:${me}:${index % 100}`;
  await until("set", () => redis.set(key, String(index)));
  await until("get", () => redis.get(key));
});
await redis.close();
process.exit(0);
