import { TLS_AUTHORITY } from "../config/rotations";
import type { Contract } from "../outputs/contract";
import type { ExportedState } from "./exportedState";

/**
 * Whether the outputs, from which clients have what they log in with, have what a rotation made: the password of that
 * generation, or the authority. A setting alone says nothing of it, since the update that follows may fail. Pure.
 *
 * @param state with its secrets, as the outputs are.
 */
export function isRotationDeployed(
  state: ExportedState,
  { deployment, users, tls }: Contract,
  user: string,
  generation: number,
): boolean {
  const made = (name: string, output: string) =>
    state.resources
      .filter(({ urn, delete: isLeftover }) => urn.endsWith(`::${name}`) && !isLeftover)
      .map(({ outputs }) => plainText(outputs[output]));
  if (user === TLS_AUTHORITY) {
    const certificates = made(`${deployment}-tls-authority-${generation}`, "certPem");
    return certificates.some((certificate) => certificate !== undefined && tls?.ca.includes(certificate.trim()));
  }
  const name = `${deployment}-password-${user}${generation === 0 ? "" : `.${generation}`}`;
  return made(name, "result").some((password) => password !== undefined && password === users[user]);
}

/** A value of an exported state; secrets are objects that have it as JSON. */
function plainText(value: unknown): string | undefined {
  const text: unknown =
    typeof value === "object" && value !== null && "plaintext" in value && typeof value.plaintext === "string"
      ? JSON.parse(value.plaintext)
      : value;
  return typeof text === "string" ? text : undefined;
}
