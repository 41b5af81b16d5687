import { join } from "node:path";
import type { Endpoint } from "../../config/plan";
import { serverCommands } from "../../toolchain/servers.mjs";
import { PlainServers } from "../support/plainServers";
import type { Server } from "./where";

/** What all that is drawn follows from; set it to what a failure names, to see the same again. */
export const seed = Number(process.env.DURABILITY_SEED ?? Math.floor(Math.random() * 1_000_000));

/** The folder with the commands of a server of this version (see SERVERS in toolchain/versions.mjs). */
export const commandsOf = (version: string): string => serverCommands(version);

export interface PlainServer extends Server {
  readonly endpoint: Endpoint;
}

/** Runs `body` with servers that have no users, no files and no replicas: what they hold is what they were told. */
export async function withPlainServers(
  version: string,
  names: readonly string[],
  body: (servers: readonly PlainServer[]) => Promise<void>,
): Promise<void> {
  const program = join(commandsOf(version), "redis-server");
  const options = ["--enable-debug-command", "yes"];
  const started: PlainServers[] = [];
  try {
    while (started.length < names.length) {
      started.push(await PlainServers.start({ password: "", options, program }));
    }
    const servers = started.map((server, index) => ({
      name: `${names[index]} (${version})`,
      redis: server.connect(0, { protocol: 2 }),
      endpoint: server.addresses[0]!,
    }));
    await body(servers).finally(() => servers.forEach(({ redis }) => redis.disconnect()));
  } finally {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()));
  }
}
