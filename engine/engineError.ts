import { reasonOf } from "../config/reason";

/** The HTTP status with which an engine refused a request; undefined when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { readonly statusCode?: number } | undefined)?.statusCode;
}

/** An engine's own words without the HTTP around them; of any other error, what it says. */
export function engineReasonOf(error: unknown): string {
  const { json, code } = error as { readonly json?: { readonly message?: unknown }; readonly code?: unknown };
  if (typeof json?.message === "string") {
    return json.message;
  }
  // How a request ends whose time is over: the client closes the connection.
  return code === "ECONNRESET" ? "the Docker engine gave no answer" : reasonOf(error);
}
