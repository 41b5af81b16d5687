import { ContractError, type Contract } from "./contract";

/** How to log in as one of a deployment's users. */
export interface Access {
  readonly username: string;
  readonly password: string;
}

/**
 * How to log in as a user of the deployment.
 *
 * @throws ContractError when there is no such user; the built-in ones are always there.
 */
export function accessOf({ deployment, users }: Pick<Contract, "deployment" | "users">, username: string): Access {
  // What every object has, such as `constructor`, is no user.
  const password = Object.hasOwn(users, username) ? users[username] : undefined;
  if (password === undefined) {
    throw new ContractError(`${deployment} has no user ${username}; there are ${Object.keys(users).join(", ")}`);
  }
  return { username, password };
}
