/** Stands for a value that only the update itself will know, such as the id of an image that is not there yet. */
export const UNKNOWN = Symbol("known only after the update");

/**
 * A plain copy of a resource's properties, with `UNKNOWN` for what a preview cannot know.
 *
 * The policy SDK throws when such a property is read, and then gives up the whole rule. So it could not see that a port
 * is open to everybody as long as an id is missing elsewhere.
 */
export function known(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from({ length: value.length }, (_, index) => knownAt(value, index));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, knownAt(value, key)]));
  }
  return value;
}

function knownAt(holder: object, key: string | number): unknown {
  try {
    return known((holder as Readonly<Record<string | number, unknown>>)[key]);
  } catch {
    // Nothing else can be thrown here: reading plain data does not fail.
    return UNKNOWN;
  }
}
