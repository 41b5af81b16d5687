import type Docker from "dockerode";
import { dockerOptions } from "./engineOptions";

/** Loads the client library, the slowest module of all (0.2 s); done ahead where there is something else to wait for. */
export async function loadEngineClient(): Promise<typeof Docker> {
  return (await import("dockerode")).default;
}

/**
 * A client of the Docker engine at an endpoint.
 *
 * @param endpoint `unix:///path`, `tcp://host:port` or `ssh://user@host`, as in the setting `hosts`.
 * @param timeoutMs bound on each request: a frozen engine would be waited for as long as the socket lives.
 */
export async function engineClient(endpoint: string, timeoutMs: number): Promise<Docker> {
  const Client = await loadEngineClient();
  return new Client({ ...dockerOptions(endpoint, process.env), timeout: timeoutMs });
}

/**
 * A client for what lasts, such as a command that runs or a log that is followed: there may be no word for long, so each
 * of its requests has an `abortSignal` for a bound.
 */
export async function streamingClient(endpoint: string): Promise<Docker> {
  const Client = await loadEngineClient();
  return new Client(dockerOptions(endpoint, process.env));
}
