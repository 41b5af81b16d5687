import { createHash } from "node:crypto";

/** A short name for what a container is made from: the same inputs always give the same one. */
export function revisionOf(inputs: unknown): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}
