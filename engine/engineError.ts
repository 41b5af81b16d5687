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

/** What an engine has; undefined for what is not there, or no more. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) {
      return undefined;
    }
    throw error;
  }
}
