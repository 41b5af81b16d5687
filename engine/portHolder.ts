import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/**
 * Who holds a TCP port of this machine: "redis-server (process 4711)", or undefined when the port is free.
 *
 * Whether it is free is found by listening on it for a moment; the name is looked up only when it is not.
 */
export async function portHolder(ip: string, port: number): Promise<string | undefined> {
  return (await canListen(ip, port)) ? undefined : (processOn(port) ?? "another process");
}

function canListen(ip: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // Anything but "in use" (an address of another host, say) is not for this check to report.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host: ip, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The kernel lists sockets with their inode, and every process's open files link to inodes. */
function processOn(port: number): string | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  for (const pid of list("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const files = list(`/proc/${pid}/fd`);
    const holds = files.some((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1] ?? ""));
    if (holds) {
      return `${read(`/proc/${pid}/comm`).trim()} (process ${pid})`;
    }
  }
  return undefined;
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = "0A";
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  return read(table)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && fields[1]?.endsWith(`:${hexPort}`))
    .map((fields) => fields[9] ?? "");
}

/** Processes come and go, and some are not ours to read: what cannot be read is empty. */
function orElse<T>(value: () => T, otherwise: T): T {
  try {
    return value();
  } catch {
    return otherwise;
  }
}
const read = (path: string): string => orElse(() => readFileSync(path, "utf8"), "");
const list = (path: string): string[] => orElse(() => readdirSync(path), []);
const link = (path: string): string => orElse(() => readlinkSync(path), "");
