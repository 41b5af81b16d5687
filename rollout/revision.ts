import { contentHash } from "../config/contentHash";

/** A short name for what a container is made from: the same inputs always give the same one. */
export function revisionOf(inputs: unknown): string {
  return contentHash(inputs, 16);
}
