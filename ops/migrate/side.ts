import type { Redis } from "ioredis";
import { UserError } from "../../config/userError";
import { whyRefused } from "./refusal";

/** One of the two servers between which data is carried. */
export interface Side {
  /** How a person is told of it. */
  readonly name: string;
  readonly redis: Redis;
  /** Who is logged in there; undefined: the user without a name, or nobody that a person has to know of. */
  readonly user?: string;
}

/** A command and its arguments; keys and values are bytes, whatever they contain. */
export type Command = readonly [name: string, ...args: (string | Buffer | number)[]];

/** Where a key is. */
export interface Key {
  readonly database: number;
  readonly name: Buffer;
}

/** An answer as bytes, numbers and lists of them; an error is one as well. */
export type Reply = Buffer | number | null | Error | readonly Reply[];

/**
 * Asks a server for many things at once, all in one database.
 *
 * @returns the answers in the order of the commands; a refused command's answer is its error.
 * @throws UserError when the connection is gone.
 */
export async function ask(
  { name, redis }: Side,
  database: number,
  commands: readonly Command[],
): Promise<readonly Reply[]> {
  const pipeline = redis.pipeline().select(database);
  for (const [command, ...args] of commands) {
    pipeline.callBuffer(command, args);
  }
  const results = (await pipeline.exec()) ?? [];
  const gone = results.find(([error]) => error !== null && error.name !== "ReplyError")?.[0];
  if (gone) {
    throw new UserError(`${name} does not answer any more (${gone.message})`);
  }
  const [selected, ...rest] = results;
  if (selected?.[0]) {
    throw new UserError(`${name} has no database ${database} (${selected[0].message})`);
  }
  return rest.map(([error, value]) => error ?? (value as Reply));
}

/** One command in database 0; a refusal is thrown. */
export async function askOne(side: Side, ...command: Command): Promise<Reply> {
  const [reply] = await ask(side, 0, [command]);
  if (reply instanceof Error) {
    throw new UserError(whyRefused(side.name, side.user, command[0], reply.message));
  }
  return reply ?? null;
}

const SHOWN_LENGTH = 60;

/** A key's name as a person may read it, whatever bytes it is made of. */
export function keyText({ name, database }: Key): string {
  const text = JSON.stringify(name.toString("utf8"));
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}..."` : text;
  return `key ${shown} of database ${database}`;
}
