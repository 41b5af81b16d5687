/** What an error says, for the middle of a sentence. */
export function reasonOf(error: unknown): string {
  // A host name with several addresses fails with one error that holds those of all of them.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return reasonOf(error.errors[0]);
  }
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
