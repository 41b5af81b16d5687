import { Test, type Context } from "mocha";

/** Skips a test, or in a `before` all tests of its group, for a reason that the reporter prints. */
export function skipBecause(context: Context, reason: string): never {
  const current = context.test!;
  if (current instanceof Test) {
    Object.assign(current, { reason });
  } else {
    current.parent!.eachTest((test) => Object.assign(test, { reason }));
  }
  return context.skip();
}
