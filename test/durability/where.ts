import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { ask, type Command, type Reply } from "../../ops/migrate/side";
import { waitFor } from "../support/waitFor";
import { RUN } from "./operations";

/** Where commands run. `blocked`: the command waits until others bring what it asks for. */
export const PLACES = ["alone", "transaction", "script", "function", "blocked"] as const;
export type Place = (typeof PLACES)[number];

/** A server, and which database is selected on the connection to it. */
export interface Server {
  readonly name: string;
  readonly redis: Redis;
}

/** Runs several commands as one: in a transaction, a script, or a function. */
export async function runTogether(
  server: Server,
  database: number,
  place: Exclude<Place, "blocked">,
  commands: readonly Command[],
): Promise<readonly Reply[]> {
  const lengths = commands.flatMap((command) => [command.length, ...command]);
  switch (place) {
    case "alone":
      return ask(server, database, commands);
    case "transaction": {
      const replies = await ask(server, database, [["MULTI"], ...commands, ["EXEC"]]);
      return all(replies.at(-1), () => replies.find((reply) => reply instanceof Error));
    }
    case "script":
      return all((await ask(server, database, [["EVAL", RUN, 0, ...lengths]]))[0]);
    case "function":
      return all((await ask(server, database, [["FCALL", "run", 0, ...lengths]]))[0]);
  }
}

/** Runs a command that waits for what `feeds` bring. */
export async function runBlocked(
  server: Server,
  database: number,
  call: Command,
  feeds: readonly Command[],
): Promise<readonly Reply[]> {
  const waiting = server.redis.duplicate({ commandTimeout: 20_000 }).on("error", () => undefined);
  try {
    const answer = ask({ name: server.name, redis: waiting }, database, [call]);
    await waitFor(`${server.name} to have a blocked client`, async () =>
      (await server.redis.info("clients")).includes("blocked_clients:1"),
    );
    const fed = await ask(server, database, feeds);
    assert.deepEqual(
      fed.filter((reply) => reply instanceof Error),
      [],
    );
    return await answer;
  } finally {
    waiting.disconnect();
  }
}

/** The answers within one. */
function all(reply: Reply | undefined, why?: () => Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) {
    return reply as readonly Reply[];
  }
  const reason = why?.() ?? reply;
  throw reason instanceof Error ? reason : new Error(`no list of answers: ${String(reason)}`);
}
