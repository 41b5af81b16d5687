import { join } from "node:path";

/** Where the tool chain put the libraries. */
export function libraries(): string {
  const folder = process.env.REDIS_APPLICATIONS;
  if (folder === undefined) {
    throw new Error("REDIS_APPLICATIONS is not set: run the tests with npm, which gets the applications' libraries");
  }
  return folder;
}

/** The Python that has the libraries. */
export const python = (): string => join(libraries(), "bin", "python3");
