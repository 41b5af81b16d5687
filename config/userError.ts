/** Exit codes of every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Something that a sentence explains: what is the matter and what to do. Printed without a stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
    this.name = "UserError";
  }
}

/**
 * What a person is told about an error.
 *
 * Only DEBUG brings the stack trace: where it happened in this program helps nobody who runs Redis.
 */
export function sentenceOf(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return debug ? (error.stack ?? error.message) : error.message || error.name;
}
