import { UNKNOWN } from "./known";

/** Properties of a resource, or of a part of one, as they arrive: nothing about them is sure. */
export type Props = Readonly<Record<string, unknown>>;

/** Elements that a preview knows; none if the property is missing. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.filter((element) => element !== UNKNOWN) : [];
}

/** Elements that are text. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((element) => typeof element === "string");
}

/** Elements that are objects. */
export function objects(value: unknown): readonly Props[] {
  return list(value).filter((element): element is Props => typeof element === "object" && element !== null);
}

/** The properties of a part, empty if it is missing. */
export function part(value: unknown): Props {
  return typeof value === "object" && value !== null ? (value as Props) : {};
}

/** A text, or undefined where there is none, or none yet. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Whether a property is not known yet, so that nothing can be said about it. */
export const isUnknown = (value: unknown): boolean => value === UNKNOWN;
