import type { ContainerState } from "../engine/containerState";
import type { Contract } from "../outputs/contract";

/** Why there is no answer. */
export interface Failure {
  /**
   * - `refused`: nothing listens there.
   * - `silent`: no answer in time, or no way there.
   * - `closed`: the connection was accepted and then closed (also what a published port does before its server listens).
   * - `denied`: the stack's user or its password is not accepted.
   * - `full`: its clients have taken all its connections.
   * - `untrusted`: its certificate is not one of the stack's authority, or not for its address.
   * - `error`: anything else.
   */
  readonly kind: "refused" | "silent" | "closed" | "denied" | "full" | "untrusted" | "error";
  /** One sentence fragment, without secrets. */
  readonly text: string;
  /** What the engine says of the container, where it was asked and its server does not run; see `withReasons`. */
  readonly container?: ContainerState;
}

const SILENT_CODES = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);
/** What Node's TLS says of a certificate that does not lead to a trusted authority, has ended, or is for somebody else. */
const UNTRUSTED_CODES = /^(ERR_TLS_CERT_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED)/;
const CLOSED_CODES = new Set(["ECONNRESET", "EPIPE"]);

/** What a failed connection or command says, sorted by what can be done about it. */
export function failureOf(contract: Pick<Contract, "users">, error: unknown): Failure {
  const { code, message } = innermost(error);
  const text = scrub(contract, message);
  if (code === "ECONNREFUSED") {
    return { kind: "refused", text: "connection refused" };
  }
  if ((code !== undefined && SILENT_CODES.has(code)) || /timed out|ETIMEDOUT/.test(message)) {
    return { kind: "silent", text: code !== undefined && code !== "ETIMEDOUT" ? text : "no answer in time" };
  }
  if ((code !== undefined && CLOSED_CODES.has(code)) || message.includes("Connection is closed")) {
    return { kind: "closed", text: "the connection was closed" };
  }
  if (code !== undefined && UNTRUSTED_CODES.test(code)) {
    return { kind: "untrusted", text: `its certificate is not trusted: ${text}` };
  }
  if (message.includes("max number of clients reached")) {
    return { kind: "full", text: "its clients have taken all its connections" };
  }
  return { kind: /^(NOAUTH|WRONGPASS|NOPERM)/.test(message) ? "denied" : "error", text };
}

/** An error as text that may be shown: every secret of the contract is taken out. */
export function errorText(contract: Contract, error: unknown): string {
  return scrub(contract, innermost(error).message);
}

/** Takes the secrets of a contract out of a text. */
export function scrub(contract: Pick<Contract, "users">, text: string): string {
  return Object.values(contract.users)
    .filter((secret) => secret !== "")
    .reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
}

/** A host name with several addresses fails with one error that holds the errors of all of them. */
function innermost(error: unknown): { code?: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return innermost(error.errors[0]);
  }
  if (error instanceof Error) {
    const code: unknown = "code" in error ? error.code : undefined;
    return { ...(typeof code === "string" ? { code } : {}), message: error.message };
  }
  return { message: String(error) };
}
