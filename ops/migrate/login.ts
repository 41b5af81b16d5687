import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Redis } from "ioredis";
import { endpointText, type Endpoint } from "../../config/plan";
import { reasonOf } from "../../config/reason";
import { failureOf } from "../../checks/failures";
import { askHidden } from "../ask";
import { keptAlive } from "./keepAlive";
import { EXIT, UserError } from "../../config/userError";

/** The password in the compose files; tried when no other one is given. */
const KNOWN_PASSWORD = "pass";

/** How to log in at the servers that have the data. */
export interface Login {
  /** Undefined: the user `default`, as servers without users of their own have it. */
  readonly user?: string;
  readonly password: string;
}

/** The user or the password is not accepted. */
class Denied extends UserError {}

/** What the command line says of it. */
export interface LoginOptions {
  readonly user?: string;
  /** Where the password is; `-` is standard input. */
  readonly passwordFile?: string;
}

/**
 * Finds out how to log in: by the file that was named; else with the password of the compose files, or, where that one
 * is not accepted, with one that a person types. No password is on a command line or in an environment.
 *
 * @param server any of those that have the data.
 * @throws UserError when none is accepted, or the server does not answer.
 */
export async function findLogin({ user, passwordFile }: LoginOptions, server: Endpoint): Promise<Login> {
  if (passwordFile !== undefined) {
    return proven({ user, password: await passwordIn(passwordFile) }, server);
  }
  try {
    return await proven({ user, password: KNOWN_PASSWORD }, server);
  } catch (error) {
    if (!(error instanceof Denied)) {
      throw error;
    }
    if (!process.stdin.isTTY) {
      throw new UserError(
        `${endpointText(server)} wants a password, and not the one of the compose files; give it in a file: --password-file FILE (- is standard input)`,
      );
    }
    const password = await askHidden(`Password of ${user ?? "the user default"} at ${endpointText(server)}: `);
    if (password === undefined) {
      throw new UserError("No password was given; nothing was changed.");
    }
    return proven({ user, password }, server);
  }
}

async function proven(login: Login, server: Endpoint): Promise<Login> {
  (await connectTo(server, login)).disconnect();
  return login;
}

async function passwordIn(file: string): Promise<string> {
  try {
    const content = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
    return content.replace(/\r?\n$/, "");
  } catch (error) {
    throw new UserError(`--password-file ${file} cannot be read: ${reasonOf(error)}`, EXIT.usage);
  }
}

/** Milliseconds that a command may take: a value of half a gigabyte is read and sent in one piece. */
export const VALUE_MS = 60_000;
const CONNECT_MS = 5000;

/**
 * A connection to a server that has the data, logged in. It is kept alive until it is closed.
 *
 * @throws UserError that says why there is none.
 */
export async function connectTo(server: Endpoint, { user, password }: Login): Promise<Redis> {
  const name = endpointText(server);
  let cause: Error | undefined;
  const redis = new Redis({
    ...server,
    // Names of changed keys come to a subscriber, which ioredis knows by the older protocol only.
    protocol: 2,
    connectTimeout: CONNECT_MS,
    commandTimeout: VALUE_MS,
    retryStrategy: null,
    enableReadyCheck: false,
    disableClientInfo: true,
  }).on("error", (error: Error) => (cause = error));
  try {
    await redis.call("AUTH", ...(user === undefined ? [] : [user]), password).catch((error: unknown) => {
      // A server without a password says so, and lets everybody in.
      if (!/without any password configured/i.test(String(error))) {
        throw error;
      }
    });
    await redis.ping();
    return keptAlive(redis);
  } catch (error) {
    redis.disconnect();
    const failure = failureOf({ users: { user: password } }, cause ?? error);
    if (failure.kind === "denied") {
      throw new Denied(
        `${name} does not accept ${user === undefined ? "the password" : `the user ${user} with this password`} (${failure.text})`,
      );
    }
    if (failure.text.startsWith("Unknown RESP type")) {
      throw new UserError(
        `${name} cannot be used: it does not speak Redis's protocol, or only within TLS, which is not spoken to it`,
      );
    }
    throw new UserError(
      `${name} cannot be used: ${failure.text}${failure.kind === "closed" ? "; TLS is not spoken to it, only plain text" : ""}`,
    );
  }
}
