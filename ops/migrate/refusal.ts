/**
 * What it means that a server refused a command, and how to undo it there. Pure.
 *
 * @param user at that server; undefined: the one without a name.
 * @param message the server's words.
 */
export function whyRefused(server: string, user: string | undefined, command: string, message: string): string {
  const name = user ?? "default";
  const right = rightMissing(message);
  if (right !== undefined) {
    return `the user ${name} at ${server} has no right to ${right.what} (${message}); fix there: ACL SETUSER ${name} ${right.rule}`;
  }
  if (/^ERR unknown (sub)?command/i.test(message)) {
    return `${server} has no command ${command}: it is renamed or taken away there (rename-command), and this needs it; start that server without that line of its configuration`;
  }
  return `${server} refused ${command}: ${message}`;
}

/** The channel on which a server tells a client of the older protocol which keys have changed. */
export const CHANNEL = "__redis__:invalidate";

function rightMissing(message: string): { readonly what: string; readonly rule: string } | undefined {
  if (!message.startsWith("NOPERM")) {
    return undefined;
  }
  if (message.includes("channel")) {
    return { what: `the channel ${CHANNEL}, on which it tells of keys that change`, rule: `'&${CHANNEL}'` };
  }
  const command = /'([^']+)' command/.exec(message)?.[1];
  if (command !== undefined) {
    return { what: `the command ${command.replace("|", " ").toUpperCase()}`, rule: `+${command}` };
  }
  return { what: "all keys", rule: "'~*'" };
}
