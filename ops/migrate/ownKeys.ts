/** A key that a deployment has while it is being filled, and no longer: what else is there is a copy, and may be removed. */
export const MARKER = "redis-on-docker:being-filled-from";

/** The key under which a large value grows until it is whole. */
export const PART = Buffer.from(`${MARKER}:part`);
