import { createServer } from "node:net";

/** Ports that were given away already in this process, although nothing listens there yet. */
const given = new Set<number>();

/** The first of `count` consecutive free loopback ports, below those that the kernel hands out by itself. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 18_000 + Math.floor(Math.random() * 12_000);
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
