import { CLOSING_SETTING } from "./closing";
import { numberSetting } from "./facts";
import { askOne, type Side } from "./side";

/**
 * Does what is needed at the very end in a way that changes nothing: a right that is missing is no news to have after
 * hours of copying.
 *
 * @param servers all that are closed at the end.
 * @throws UserError that names the first right that is missing.
 */
export async function requireRights(master: Side, servers: readonly Side[]): Promise<void> {
  await askOne(master, "CLIENT", "PAUSE", 0, "WRITE");
  for (const server of servers) {
    await askOne(server, "CONFIG", "SET", CLOSING_SETTING, await numberSetting(server, CLOSING_SETTING));
  }
}
