import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DockerOptions } from "dockerode";

/** The variables that Docker's own tools read too. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options for the Docker client of one engine.
 *
 * @param endpoint `unix://`, `tcp://` or `ssh://` address, as in the outputs.
 * @param environment for TLS (`DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`) and the ssh agent (`SSH_AUTH_SOCK`).
 */
export function dockerOptions(endpoint: string, environment: Environment): DockerOptions {
  if (endpoint.startsWith("unix://")) {
    return { socketPath: endpoint.slice("unix://".length) };
  }
  const { protocol, hostname: host, port, username } = new URL(endpoint);
  if (protocol === "ssh:") {
    const agent = environment.SSH_AUTH_SOCK;
    return {
      protocol: "ssh",
      host,
      port: port || 22,
      username,
      sshOptions: { ...(agent === undefined ? {} : { agent }) },
    };
  }
  const certificates = environment.DOCKER_CERT_PATH;
  if (environment.DOCKER_TLS_VERIFY !== "1" || certificates === undefined) {
    return { protocol: "http", host, port: port || 2375 };
  }
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((file) => readFileSync(join(certificates, file)));
  return { protocol: "https", host, port: port || 2376, ca, cert, key };
}
