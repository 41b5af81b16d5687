/** Milliseconds for a connection that says goodbye. */
const GRACE_MS = 3000;

/**
 * Ends the process although something that was left open would keep it (a connection that nobody closed after an
 * error): a command that has said how it went is over. What it printed is still read to its end.
 */
export function endAnyway(): void {
  setInterval(() => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) {
      process.exit();
    }
  }, GRACE_MS).unref();
}
