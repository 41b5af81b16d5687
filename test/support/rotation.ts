import assert from "node:assert/strict";
import { renderSecrets } from "../../config/render/secrets";
import type { UserPasswords } from "../../config/users";
import type { Group } from "./processes";

/** As `up` does it: all members accept, then all use. */
export async function bring(group: Group, passwords: UserPasswords, step: "accept" | "use"): Promise<void> {
  await Promise.all(
    group.members.map(async (member) => {
      const secrets = renderSecrets(group.plan, member.plan, { passwords });
      if (step === "accept") {
        member.bringSecrets(secrets);
      }
      const { code, output } = await member.run("secrets", step, secrets.term);
      assert.equal(code, 0, `${member.name}: ${output}`);
    }),
  );
}

/** The passwords with a new one of each user beside those of now. */
export const rotated = (passwords: UserPasswords, count: number): UserPasswords =>
  Object.fromEntries(Object.entries(passwords).map(([user, all]) => [user, [`${user}-rotated-${count}`, ...all]]));

/** The passwords without those that were there before. */
export const newestOnly = (passwords: UserPasswords): UserPasswords =>
  Object.fromEntries(Object.entries(passwords).map(([user, all]) => [user, all.slice(0, 1)]));
