import { BUILT_IN_USERS, type UserPasswords } from "../../config/users";

/** A password of its own for each user that every deployment has. */
export const passwordsOfAll: UserPasswords = Object.fromEntries(
  BUILT_IN_USERS.map((user) => [user, [`generated-0123456789-${user}`]]),
);
