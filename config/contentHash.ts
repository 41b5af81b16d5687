import { createHash } from "node:crypto";

/**
 * A short name for a content: the same content always has the same one. Containers and running members carry such names,
 * so that one which changes with the program alone would replace or tell them all.
 *
 * @param digits hexadecimal ones, of SHA-256.
 */
export function contentHash(content: unknown, digits: number): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, digits);
}
