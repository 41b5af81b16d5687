import { createServer } from "node:net";

/** Ports that were given away already in this process, although nothing listens there yet. */
const given = new Set<number>();

/**
 * The first of `count` consecutive free loopback ports, below those that the kernel hands out by itself, and those that
 * tests on an engine have fixed: they run at the same time.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 7_900);
    const block = Array.from({ length: count }, (_, index) => first + index);
    if (block.every((port) => !given.has(port)) && (await Promise.all(block.map(isFree))).every(Boolean)) {
      block.forEach((port) => given.add(port));
      return first;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
