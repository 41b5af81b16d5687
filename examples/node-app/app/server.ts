// A small web service that keeps its items in Redis, and goes on serving while the master's role moves.
//
//   GET /            which node is the master, how long a PING takes in milliseconds
//   GET /items/NAME  the item, or 404
//   PUT /items/NAME  stores the body
//   GET /healthz     200 while Redis answers

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Redis, type RedisOptions } from "ioredis";

/** Longer than a failover takes; a request that has waited so long is answered with 503. */
const COMMAND_TIMEOUT_MS = 15_000;
const LONGEST_PAUSE_MS = 500;

const options = JSON.parse(readFileSync(process.env.REDIS_OPTIONS_FILE!, "utf8")) as RedisOptions;
const patient: RedisOptions = {
  // Commands wait for the next master instead of failing while there is none.
  maxRetriesPerRequest: null,
  commandTimeout: COMMAND_TIMEOUT_MS,
  retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_PAUSE_MS),
  sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_PAUSE_MS),
  // A node that lost the master's role in the middle of a command: the command goes to the next one.
  reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 2 : false),
};
const redis = new Redis({ ...options, ...patient });
redis.on("error", (error: Error) => console.error(`redis: ${error.message}`));

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const { method, url } = request;
  const item = /^\/items\/([\w.-]{1,100})$/.exec(url ?? "")?.[1];
  if (method === "PUT" && item !== undefined) {
    await redis.set(`item:${item}`, await text(request));
    return { status: 200, body: { stored: item } };
  }
  if (method === "GET" && item !== undefined) {
    const value = await redis.get(`item:${item}`);
    return value === null ? { status: 404, body: { error: `no item ${item}` } } : { status: 200, body: { value } };
  }
  if (method === "GET" && (url === "/" || url === "/healthz")) {
    const startedAt = performance.now();
    await redis.ping();
    const latencyMs = Number((performance.now() - startedAt).toFixed(2));
    const { remoteAddress, remotePort } = redis.stream;
    return { status: 200, body: { master: `${remoteAddress}:${remotePort}`, latencyMs } };
  }
  return { status: 404, body: { error: "GET /, GET /items/NAME, PUT /items/NAME, GET /healthz" } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => send(response, status, body),
    (error: unknown) => send(response, 503, { error: String(error) }),
  );
});
server.listen(Number(process.env.PORT), process.env.HOST);

process.once("SIGTERM", () => {
  server.close(() => void redis.quit().finally(() => process.exit()));
  server.closeIdleConnections();
});
