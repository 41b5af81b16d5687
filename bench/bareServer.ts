import type { ContractEndpoint } from "../outputs/contract";
import { engine } from "../test/support/engine";
import { freePorts } from "../test/support/freePorts";
import { runProgram } from "./program";
import type { Session } from "./session";

const HOST = "127.0.0.1";

/**
 * The image's own redis-server with nothing around it: on the host's network, with Redis's defaults, without a password.
 *
 * @param replicas servers of the same kind that follow it.
 */
export async function startBareServer(session: Session, replicas: number): Promise<ContractEndpoint> {
  const port = await freePorts(1 + replicas);
  for (let index = 0; index <= replicas; index += 1) {
    const name = `${session.prefix}-bare-${port + index}`;
    session.undo.defer(`the container ${name}`, () => removeContainer(name));
    const container = ["--rm", "--detach", "--name", name, "--network", "host", "--workdir", "/tmp"];
    const server = ["--entrypoint", "redis-server", "redis:8.0.2", "--bind", HOST, "--port", String(port + index)];
    const follow = index === 0 ? [] : ["--replicaof", HOST, String(port)];
    await runProgram("docker", ["run", ...container, ...server, ...follow], { signal: session.signal });
  }
  return { host: HOST, port };
}

/** It may be gone: its end removes it. */
async function removeContainer(name: string): Promise<void> {
  const found = await engine.listContainers({ all: true, filters: { name: [`^/${name}$`] } });
  await Promise.all(found.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true })));
}
