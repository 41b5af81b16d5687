import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import type { Endpoint } from "../../config/plan";
import { ask, keyText, type Command, type Key, type Reply } from "../../ops/migrate/side";
import { differences, holdingsOf, type Difference } from "./holdings";
import { isSweeping, operations, type Draw, type Operation, CLUSTER_ONLY } from "./operations";
import { PLACES, runBlocked, runTogether, type Place, type Server } from "./where";

/** Databases that are written to. */
const DATABASES = [0, 3, 15] as const;

const elsewhereOf = (database: number): number => (database === 3 ? 0 : 3);

/** A server's write commands, as `COMMAND LIST` names them, with their flags. */
export async function writeCommandsOf(server: Server): Promise<ReadonlyMap<string, readonly string[]>> {
  const [listed, told] = await ask(server, 0, [["COMMAND", "LIST", "FILTERBY", "ACLCAT", "write"], ["COMMAND"]]);
  const flags = new Map<string, readonly string[]>();
  const add = (commands: readonly Reply[]): void =>
    commands.forEach((command) => {
      const [name, , words, ...more] = command as readonly [Buffer, number, readonly Reply[], ...Reply[]];
      flags.set(name.toString().toLowerCase(), words.map(String));
      add((more[6] ?? []) as readonly Reply[]);
    });
  add(told as readonly Reply[]);
  // A module's commands are in no category of Redis's own.
  const flagged = [...flags].filter(([, words]) => words.includes("write")).map(([name]) => name);
  const names = new Set([...(listed as readonly Buffer[]).map((name) => name.toString().toLowerCase()), ...flagged]);
  return new Map([...names].sort().map((name) => [name, flags.get(name) ?? []]));
}

/** Those that `operations` has nothing for. */
export const unknownOf = (commands: Iterable<string>): readonly string[] =>
  [...commands].filter((name) => operations[name] === undefined);

/** Where a command of these flags can run. */
export const placesOf = (flags: readonly string[]): readonly Place[] =>
  PLACES.filter((place) => {
    switch (place) {
      case "alone":
        return true;
      case "transaction":
        return !flags.includes("no_multi");
      case "script":
      case "function":
        return !flags.includes("noscript");
      case "blocked":
        return flags.includes("blocking");
    }
  });

/** A sequence of what is drawn that follows from a seed alone. */
export class Chance {
  private readonly generate;

  constructor(readonly seed: number) {
    this.generate = fc.sample(fc.gen(), { seed, numRuns: 1 })[0]!;
  }

  /** A number from 0 to below `count`. */
  below(count: number): number {
    return this.generate(fc.nat, { max: count - 1 });
  }

  one<T>(...of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** Bytes of any kind, sometimes none. */
  bytes(): Buffer {
    return Buffer.from(
      this.one(
        () => Buffer.alloc(0),
        () => Buffer.from(String(this.below(100_000))),
        () => Buffer.from(`text ${this.below(1000)}\r\n`),
        () => Buffer.from(this.generate(fc.uint8Array, { minLength: 1, maxLength: 40 })),
        () => Buffer.alloc(3000, this.below(256)),
      )(),
    );
  }
}

/** What names and values are drawn from, where every name is new. */
export function freshDraw(chance: Chance, prefix: string): Draw {
  let names = 0;
  return drawFrom(chance, (kind) => {
    names += 1;
    return `${prefix}:${kind}-${names}`;
  });
}

/** The same from few names, so that commands meet what others have left. */
const crowdedDraw = (chance: Chance): Draw => drawFrom(chance, (kind) => `any:${kind}-${chance.below(4)}`);

/** Ids are given out once in a process: in a stream, each must be after all before it. */
let ids = 0;

function drawFrom(chance: Chance, nameOf: (kind: string) => string): Draw {
  return {
    // A name of bytes that are no text.
    key: (kind) => Buffer.concat([Buffer.from(nameOf(kind)), Buffer.from([0, 255, 13, 10])]),
    value: () => chance.bytes(),
    whole: () => chance.below(1_000_000) - 1000,
    one: (...of) => chance.one(...of),
    id: () => `${(ids += 1)}-1`,
  };
}

/** A server that is to keep what it is told, and one that is told the same and does nothing else. */
export class Pair {
  private readonly history: { readonly words: ReadonlySet<string>; readonly text: string }[] = [];
  /** When the last key that ends during a test has ended. */
  private endsBy = 0;

  constructor(
    readonly subject: Server,
    readonly oracle: Server,
    readonly sink: Endpoint,
  ) {}

  /** Both are told the same; gives the answers of the oracle. */
  async alone(database: number, commands: readonly Command[], mayFail = false): Promise<readonly Reply[]> {
    return this.together(database, "alone", commands, { mayFail });
  }

  /** A command where it is to run, together with what it needs. */
  async perform(
    database: number,
    place: Place,
    group: readonly Operation[],
    { mayFail = false, witness }: { readonly mayFail?: boolean; readonly witness?: Command } = {},
  ): Promise<void> {
    const calls: Command[] = [];
    for (const { before = [], feeds = [], call, dumped } of group) {
      await this.alone(database, before, mayFail);
      if (place !== "blocked") {
        await this.alone(database, feeds, mayFail);
      }
      const dump = dumped && (await ask(this.oracle, database, [dumped]))[0];
      calls.push(Buffer.isBuffer(dump) ? withDump(call, dump) : call);
    }
    if (place === "blocked") {
      await this.blocked(database, calls[0]!, group[0]!.feeds ?? []);
    } else {
      const chosen = [...group.map((operation) => operation.chosen), undefined];
      await this.together(database, place, witness ? [...calls, witness] : calls, { mayFail, chosen });
    }
    for (const { after = [] } of group) {
      await this.alone(database, after, mayFail);
    }
  }

  /** A key that ends so many milliseconds from now has ended when the two are compared. */
  endsIn(ms: number): number {
    const end = Math.ceil(Date.now() + ms);
    this.endsBy = Math.max(this.endsBy, end);
    return end;
  }

  /**
   * Fails if some of these servers does not hold exactly what the oracle holds, with the names of the keys and the
   * commands that touched them.
   */
  async compare(servers: readonly Server[]): Promise<void> {
    await sleep(Math.max(0, this.endsBy + 100 - Date.now()));
    for (const server of servers) {
      // A key that has ended is removed when its time comes.
      const deadline = Date.now() + 3000;
      let found = await this.differencesOf(server);
      while (found.length > 0 && Date.now() < deadline) {
        await sleep(200);
        found = await this.differencesOf(server);
      }
      assert.ok(found.length === 0, `${server.name} does not hold what it was told: ${this.told(found)}`);
    }
  }

  async differencesOf(server: Server): Promise<readonly Difference[]> {
    const [wanted, found] = await Promise.all([this.oracle, server].map(holdingsOf));
    return differences(wanted!, found!);
  }

  /** The differences with the commands that touched these keys. */
  told(found: readonly Difference[]): string {
    const most = 15;
    const lines = found.slice(0, most).map(({ key, text }) => `${keyText(key)} ${text}\n    ${this.touching(key)}`);
    const more = found.length > most ? [`... and ${found.length - most} others`] : [];
    return [`${found.length} keys differ`, ...lines, ...more].join("\n  ");
  }

  private touching({ name }: Key): string {
    const touched = this.history.filter(({ words }) => words.has(name.toString("hex"))).slice(-5);
    return touched.length === 0 ? "no command named it" : touched.map(({ text }) => text).join("\n    ");
  }

  private record(database: number, place: Place, commands: readonly Command[]): void {
    const text = `${place} in database ${database}: ${commands.map(commandText).join("; ")}`;
    const words = new Set(commands.flat().map((word) => Buffer.from(String(word)).toString("hex")));
    commands.flat().forEach((word) => Buffer.isBuffer(word) && words.add(word.toString("hex")));
    this.history.push({ words, text });
  }

  private async together(
    database: number,
    place: Exclude<Place, "blocked">,
    commands: readonly Command[],
    {
      mayFail = false,
      chosen = [],
    }: { readonly mayFail?: boolean; readonly chosen?: readonly Operation["chosen"][] } = {},
  ): Promise<readonly Reply[]> {
    if (commands.length === 0) {
      return [];
    }
    this.record(database, place, commands);
    const isChosen = chosen.some((choose) => choose !== undefined);
    const told = runTogether(this.subject, database, place, commands);
    const [replies, answers] = isChosen
      ? [await told, await runTogether(this.oracle, database, place, asChosen(commands, await told, chosen))]
      : await Promise.all([told, runTogether(this.oracle, database, place, commands)]);
    const what = `${place}: ${commands.map(commandText).join("; ")}`;
    replies.forEach((reply) => {
      assert.ok(mayFail || !(reply instanceof Error), `${what}: ${String(reply)}`);
    });
    if (!isChosen) {
      assert.deepEqual(replies.map(textOf), answers.map(textOf), `${what}: another answer than the oracle's`);
    }
    return answers;
  }

  private async blocked(database: number, call: Command, feeds: readonly Command[]): Promise<void> {
    this.record(database, "blocked", [call, ...feeds]);
    const [reply] = await runBlocked(this.subject, database, call, feeds);
    const [answer] = await runBlocked(this.oracle, database, call, feeds);
    assert.deepEqual(textOf(reply), textOf(answer), `blocked: ${commandText(call)}`);
    assert.ok(!(reply instanceof Error) && reply !== null, `blocked: ${commandText(call)}: ${String(reply)}`);
  }
}

/** The same commands, in the words of what the server chose where it chose something: from an empty set it takes nothing. */
const asChosen = (
  commands: readonly Command[],
  replies: readonly Reply[],
  chosen: readonly Operation["chosen"][],
): readonly Command[] =>
  commands.flatMap((command, index) => {
    const [reply, choose] = [replies[index] ?? null, chosen[index]];
    const isNothing = reply === null || (Array.isArray(reply) && reply.length === 0);
    return choose === undefined || isNothing || reply instanceof Error ? [command] : choose(reply);
  });

const withDump = (call: Command, dump: Buffer): Command => {
  // The place of the dump is the only empty argument.
  const [name, ...args] = call;
  return [name, ...args.map((arg) => (arg === "" ? dump : arg))];
};

const WORD_LENGTH = 60;

export function commandText(command: Command): string {
  return command
    .map((word) => {
      const text = Buffer.isBuffer(word) ? JSON.stringify(word.toString("latin1")) : String(word);
      return text.length > WORD_LENGTH ? `${text.slice(0, WORD_LENGTH)}...` : text;
    })
    .join(" ");
}

/** An answer as something that can be compared. */
function textOf(reply: Reply | undefined): unknown {
  return Buffer.isBuffer(reply)
    ? reply.toString("latin1")
    : Array.isArray(reply)
      ? (reply as readonly Reply[]).map(textOf)
      : String(reply);
}

/** Write commands of a server, with their flags. */
type WriteCommands = ReadonlyMap<string, readonly string[]>;

const only = (write: WriteCommands, wanted: (name: string) => boolean): WriteCommands =>
  new Map([...write].filter(([name]) => wanted(name) && !CLUSTER_ONLY.includes(name)));

/** Those that remove other keys than their own: they come before all others. */
export const sweepingOf = (write: WriteCommands) => only(write, isSweeping);

/** All others. */
export const keepingOf = (write: WriteCommands) => only(write, (name) => !isSweeping(name));

/** Every one of these commands, wherever it can run, with something else beside it. */
export async function everyCommand(pair: Pair, chance: Chance, write: WriteCommands): Promise<void> {
  for (const [index, [name, flags]] of [...write].entries()) {
    for (const place of placesOf(flags)) {
      const draw = freshDraw(chance, `${name}:${place}`);
      const database = DATABASES[index % DATABASES.length]!;
      const around = { sink: pair.sink, elsewhere: elsewhereOf(database), waits: place === "blocked" };
      for (const operation of operations[name]!(draw, around)) {
        // A transaction of one write is kept in another form than one of two.
        const witness: Command = ["SET", draw.key("witness"), name];
        await pair.perform(database, place, [operation], { witness });
      }
    }
  }
}

/** Commands in any order, on few keys, some of them several together. */
export async function anySequence(pair: Pair, chance: Chance, write: WriteCommands, length: number): Promise<void> {
  const names = [...keepingOf(write).keys()];
  const draw = crowdedDraw(chance);
  for (let step = 0; step < length; step += 1) {
    const place = chance.one(...PLACES.filter((each) => each !== "blocked"));
    const database = chance.one(...DATABASES);
    const around = { sink: pair.sink, elsewhere: elsewhereOf(database), waits: false };
    const group = Array.from({ length: 1 + chance.below(4) }, () => chance.one(...names))
      .filter((name) => placesOf(write.get(name)!).includes(place))
      .map((name) => chance.one(...operations[name]!(draw, around)));
    await pair.perform(database, place, group, { mayFail: true });
  }
}

/** What is written to a key whose time has run out, and that nobody has looked at since. */
export async function expiredOnTheWay(pair: Pair, chance: Chance, hasFieldExpiry: boolean): Promise<void> {
  const places = PLACES.filter((place) => place !== "blocked");
  const servers = [pair.subject, pair.oracle];
  // Else the server itself would be first to remove them.
  await Promise.all(servers.map((server) => server.redis.call("DEBUG", "SET-ACTIVE-EXPIRE", 0)));
  const written: { readonly place: Place; readonly call: Command; readonly witness: Command }[] = [];
  for (const place of places) {
    const draw = freshDraw(chance, `expired:${place}`);
    const kinds = [
      (key: Buffer): Command[] => [
        ["SET", key, draw.value()],
        ["APPEND", key, "after"],
      ],
      (key: Buffer): Command[] => [
        ["SET", key, 7],
        ["INCR", key],
      ],
      (key: Buffer): Command[] => [
        ["SET", key, 7],
        ["GETDEL", key],
      ],
      (key: Buffer): Command[] => [
        ["SET", key, 7],
        ["COPY", draw.key("string"), key],
      ],
      (key: Buffer): Command[] => [
        ["RPUSH", key, "before"],
        ["LPUSH", key, draw.value()],
      ],
      (key: Buffer): Command[] => [
        ["RPUSH", key, "before"],
        ["LPOP", key],
      ],
      (key: Buffer): Command[] => [
        ["SADD", key, "before"],
        ["SADD", key, draw.value()],
      ],
      (key: Buffer): Command[] => [
        ["ZADD", key, 1, "before"],
        ["ZADD", key, 2, "after"],
      ],
      (key: Buffer): Command[] => [
        ["HSET", key, "before", 1],
        ["HSET", key, "after", draw.value()],
      ],
      (key: Buffer): Command[] => [
        ["XADD", key, draw.id(), "before", 1],
        ["XADD", key, draw.id(), "after", 1],
      ],
      (key: Buffer): Command[] => [
        ["PFADD", key, "before"],
        ["PFADD", key, "after"],
      ],
    ];
    for (const kind of kinds) {
      const key = draw.key("ends");
      const [fill, call] = kind(key) as [Command, Command];
      await pair.alone(0, [fill, ["PEXPIREAT", key, pair.endsIn(60)]]);
      written.push({ place, call, witness: ["SET", draw.key("witness"), "after"] });
    }
    if (hasFieldExpiry) {
      const key = draw.key("fields");
      await pair.alone(0, [
        ["HSET", key, "ends", 1, "stays", 1],
        ["HPEXPIREAT", key, pair.endsIn(60), "FIELDS", 1, "ends"],
      ]);
      written.push({ place, call: ["HINCRBY", key, "ends", 5], witness: ["HSET", key, "more", "after"] });
    }
  }
  await sleep(150);
  for (const { place, call, witness } of written) {
    await pair.perform(0, place, [{ call }], { witness });
  }
  await Promise.all(servers.map((server) => server.redis.call("DEBUG", "SET-ACTIVE-EXPIRE", 1)));
}

/** Keys and fields that end within some seconds, while the servers are doing something else. */
export async function endingSoon(pair: Pair, chance: Chance, hasFieldExpiry: boolean, ms: number): Promise<void> {
  for (const place of PLACES.filter((each) => each !== "blocked")) {
    const draw = freshDraw(chance, `soon:${place}`);
    const fills: readonly ((key: Buffer) => Command)[] = [
      (key) => ["SET", key, draw.value()],
      (key) => ["RPUSH", key, draw.value()],
      (key) => ["SADD", key, draw.value()],
      (key) => ["ZADD", key, 1, draw.value()],
      (key) => ["HSET", key, "field", draw.value()],
      (key) => ["XADD", key, draw.id(), "field", draw.value()],
    ];
    for (const [index, fill] of fills.entries()) {
      const key = draw.key("ends");
      const end: Command = ["PEXPIREAT", key, pair.endsIn((ms * (index + 1)) / fills.length)];
      await pair.perform(0, place, [{ call: fill(key) }, { call: end }]);
    }
    if (hasFieldExpiry) {
      const key = draw.key("fields");
      const end: Command = ["HPEXPIREAT", key, pair.endsIn(ms), "FIELDS", 1, "ends"];
      await pair.perform(0, place, [{ call: ["HSET", key, "ends", 1, "stays", 1] }, { call: end }]);
    }
  }
}
