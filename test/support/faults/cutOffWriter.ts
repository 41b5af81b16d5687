// Writes to the server on this network's loopback every 20 ms, and prints a line for each answer: OK, or the error.
// The password comes on stdin; the argument is the keys' prefix.
import { createInterface } from "node:readline";
import { setInterval } from "node:timers";
import { Redis } from "ioredis";

const EVERY_MS = 20;
const REDIS_PORT = 6379;
const prefix = process.argv[2] ?? "cut-off";

createInterface({ input: process.stdin }).once("line", (password) => {
  const client = new Redis({
    host: "127.0.0.1",
    port: REDIS_PORT,
    username: "app",
    password,
    retryStrategy: () => EVERY_MS,
  });
  client.on("error", () => undefined);
  let index = 0;
  setInterval(() => {
    client.set(`${prefix}:${(index += 1)}`, index).then(
      () => console.log("OK"),
      (error: unknown) => console.log(error instanceof Error ? error.message : String(error)),
    );
  }, EVERY_MS);
});
