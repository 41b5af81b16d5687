import type { Redis } from "ioredis";

/**
 * A server with the setting `timeout` closes a connection on which nothing was asked for so long, and no server can be
 * told to do so sooner than after 1 s.
 */
const EVERY_MS = 500;

/** Asks something harmless on a connection now and then, until it is closed: nobody who waits for a person is idle then. */
export function keptAlive(redis: Redis): Redis {
  let waits = false;
  const timer = setInterval(() => {
    if (waits || redis.status !== "ready") {
      return;
    }
    waits = true;
    // A connection that is gone is met by whoever uses it next.
    void redis
      .ping()
      .catch(() => undefined)
      .finally(() => (waits = false));
  }, EVERY_MS).unref();
  redis.once("end", () => clearInterval(timer));
  return redis;
}
