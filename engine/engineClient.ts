import type Docker from "dockerode";
import { dockerOptions } from "./engineOptions";

/** Loads the client library, the slowest module of all (0.2 s); done ahead where there is something else to wait for. */
export async function loadEngineClient(): Promise<typeof Docker> {
  return (await import("dockerode")).default;
}

/**
 * A client of the Docker engine at an endpoint; the one place where such clients are made.
 *
 * @param endpoint `unix:///path`, `tcp://host:port` or `ssh://user@host`, as in the setting `hosts`.
 * @param timeoutMs bound on each request; without it a frozen engine is waited for as long as the socket lives.
 */
export async function engineClient(endpoint: string, timeoutMs?: number): Promise<Docker> {
  const Client = await loadEngineClient();
  const bound = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  return new Client({ ...dockerOptions(endpoint, process.env), ...bound });
}
