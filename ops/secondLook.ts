import { isDeepStrictEqual } from "node:util";
import { UserError } from "../config/userError";

/** What is looked at before it is changed, and how a person agrees to that. */
export interface Agreement<T> {
  /** What it is, as a sentence begins with it. */
  readonly what: string;
  readonly look: () => Promise<T>;
  readonly show: (seen: T) => void;
  /** Undefined when nobody is asked. */
  readonly ask?: () => Promise<boolean>;
}

/**
 * Looks at something, has it agreed to, and looks again: the question may have been on the screen for an hour.
 *
 * @returns what was agreed to; undefined when it was not.
 * @throws UserError when there is something else by then.
 */
export async function agreedTo<T>({ what, look, show, ask }: Agreement<T>): Promise<T | undefined> {
  const seen = await look();
  show(seen);
  if (ask === undefined) {
    return seen;
  }
  if (!(await ask())) {
    return undefined;
  }
  if (!isDeepStrictEqual(await look(), seen)) {
    throw new UserError(`${what} changed while the question waited. Nothing was changed here; start again.`);
  }
  return seen;
}
