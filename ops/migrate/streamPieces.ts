import type { Asker, Piece } from "./pieces";
import { grouped } from "./portions";
import { bytesOf, fieldsNamed, list, plain, text } from "./replies";
import type { Command, Reply } from "./side";

/**
 * A stream in pieces: its entries, then what else it knows, then each group with its consumers and what they have not
 * acknowledged. An entry that is removed, and still not acknowledged, can only be given to a consumer while it is
 * there: so it is put in its place, given, and removed again.
 */
export async function* streamPieces(ask: Asker, name: Buffer, count: number): AsyncGenerator<Piece> {
  const removed = await removedButPending(ask, name, await groupsOf(ask, name), count);
  yield* entryPieces(ask, name, count, removed);
  yield* groupPieces(ask, name, count, removed);
}

/**
 * All but the entries.
 *
 * @param removed entries that are only there to be given to a consumer.
 */
export async function* groupPieces(
  ask: Asker,
  name: Buffer,
  count: number,
  removed: readonly string[] = [],
): AsyncGenerator<Piece> {
  for (const group of await groupsOf(ask, name)) {
    yield await groupPiece(ask, name, group);
    yield* pendingPieces(ask, name, group, count);
  }
  yield await statePiece(ask, name, removed);
}

const groupsOf = async (ask: Asker, name: Buffer): Promise<readonly string[]> =>
  list((await ask(["XINFO", "GROUPS", name]))[0]).map((group) => text(list(group)[1]));

async function* entryPieces(
  ask: Asker,
  name: Buffer,
  count: number,
  removed: readonly string[],
): AsyncGenerator<Piece> {
  let missing = removed;
  for (let from = "-"; ;) {
    const [reply] = await ask(["XRANGE", name, from, "+", "COUNT", count]);
    const entries = list(reply).map((entry) => list(entry) as readonly [Buffer, readonly Buffer[]]);
    const [first, last] = [entries[0]?.[0].toString(), entries.at(-1)?.[0].toString()];
    const here = last === undefined ? missing : missing.filter((id) => compareIds(id, last) < 0);
    missing = missing.slice(here.length);
    const additions = [
      ...entries.map(([id, fields]) => [id.toString(), fields] as const),
      ...here.map((id) => [id, [Buffer.from("removed"), Buffer.from("")]] as const),
    ].sort(([one], [other]) => compareIds(one, other));
    if (additions.length > 0) {
      yield {
        write: (to) => additions.map(([id, fields]): Command => ["XADD", to, id, ...fields]),
        isAt: async (other, there) =>
          first === undefined || same(plain((await other(["XRANGE", there, first, last!]))[0]), plain(reply)),
      };
    }
    if (last === undefined) {
      return;
    }
    from = `(${last}`;
  }
}

async function groupPiece(ask: Asker, name: Buffer, group: string): Promise<Piece> {
  const stateOf = async (
    asker: Asker,
    of: Buffer,
  ): Promise<{ group: readonly string[]; consumers: readonly string[] }> => {
    const [groups, consumers] = await asker(["XINFO", "GROUPS", of], ["XINFO", "CONSUMERS", of, bytesOf(group)]);
    const mine = list(groups).find((each) => text(list(each)[1]) === group);
    return {
      group: fieldsNamed(mine, ["last-delivered-id", "entries-read", "pending"]),
      consumers: list(consumers)
        .map((consumer) => text(list(consumer)[1]))
        .sort(),
    };
  };
  const state = await stateOf(ask, name);
  const [lastDelivered, entriesRead, pending] = state.group as [string, string, string];
  return {
    write: (to) => [
      [
        ...(["XGROUP", "CREATE", to, bytesOf(group), lastDelivered, "MKSTREAM"] as const),
        ...(isNumber(entriesRead) ? ["ENTRIESREAD", entriesRead] : []),
      ],
      ...state.consumers.map((consumer): Command => [
        "XGROUP",
        "CREATECONSUMER",
        to,
        bytesOf(group),
        bytesOf(consumer),
      ]),
    ],
    isAt: async (other, there) => {
      const found = await stateOf(other, there);
      const { group: of, consumers } = found;
      return of[0] === lastDelivered && of[2] === pending && same(consumers, state.consumers);
    },
  };
}

async function* pendingPieces(ask: Asker, name: Buffer, group: string, count: number): AsyncGenerator<Piece> {
  for await (const page of pendingPages(ask, name, group, count)) {
    const asked = (of: Buffer): Command => [
      "XPENDING",
      of,
      bytesOf(group),
      page[0]!.id,
      page.at(-1)!.id,
      page.length + 1,
    ];
    yield {
      write: (to) =>
        grouped(page, ({ consumer, idleMs, deliveries }) => JSON.stringify([consumer, idleMs, deliveries])).map(
          ([, some]): Command => {
            const { consumer, idleMs, deliveries } = some[0]!;
            const ids = some.map(({ id }) => id);
            const how = ["IDLE", idleMs, "RETRYCOUNT", deliveries, "FORCE", "JUSTID"] as const;
            return ["XCLAIM", to, bytesOf(group), bytesOf(consumer), 0, ...ids, ...how];
          },
        ),
      // Without the time since it was delivered, which goes on.
      isAt: async (other, there) => {
        const found = list((await other(asked(there)))[0]).map(pendingOf);
        const shown = ({ id, consumer, deliveries }: Pending): unknown => [id, consumer, deliveries];
        return same(found.map(shown), page.map(shown));
      },
    };
  }
}

/** What is written last: it takes the entries out again that were only put there to be given to a consumer. */
async function statePiece(ask: Asker, name: Buffer, removed: readonly string[]): Promise<Piece> {
  const [info] = await ask(["XINFO", "STREAM", name]);
  const known = ["last-generated-id", "groups"];
  const [lastId, added, deleted] = fieldsNamed(info, [known[0]!, "entries-added", "max-deleted-entry-id"]) as [
    string,
    string,
    string,
  ];
  return {
    write: (to) => [
      ...Array.from({ length: Math.ceil(removed.length / IDS_AT_ONCE) }, (_, at): Command => [
        "XDEL",
        to,
        ...removed.slice(at * IDS_AT_ONCE, (at + 1) * IDS_AT_ONCE),
      ]),
      ["XSETID", to, lastId, ...(isNumber(added) ? ["ENTRIESADDED", added, "MAXDELETEDID", deleted] : [])],
    ],
    isAt: async (other, there) =>
      same(fieldsNamed((await other(["XINFO", "STREAM", there]))[0], known), fieldsNamed(info, known)),
  };
}

const IDS_AT_ONCE = 1000;

/** Entries that consumers have not acknowledged, and that are not there any more; in order. */
async function removedButPending(
  ask: Asker,
  name: Buffer,
  groups: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const removed = new Set<string>();
  for (const group of groups) {
    for await (const page of pendingPages(ask, name, group, count)) {
      const found = await ask(...page.map(({ id }): Command => ["XRANGE", name, id, id]));
      page.filter((_, at) => list(found[at]).length === 0).forEach(({ id }) => removed.add(id));
    }
  }
  return [...removed].sort(compareIds);
}

interface Pending {
  readonly id: string;
  readonly consumer: string;
  readonly idleMs: number;
  readonly deliveries: number;
}

const pendingOf = (reply: Reply): Pending => {
  const [id, consumer, idleMs, deliveries] = list(reply);
  return { id: text(id), consumer: text(consumer), idleMs: Number(idleMs), deliveries: Number(deliveries) };
};

async function* pendingPages(
  ask: Asker,
  name: Buffer,
  group: string,
  count: number,
): AsyncGenerator<readonly Pending[]> {
  for (let from = "-"; ;) {
    const [reply] = await ask(["XPENDING", name, bytesOf(group), from, "+", count]);
    const page = list(reply).map(pendingOf);
    if (page.length === 0) {
      return;
    }
    yield page;
    from = `(${page.at(-1)!.id}`;
  }
}

/** The order of a stream's ids: two numbers of 64 bits each. Pure. */
export function compareIds(one: string, other: string): number {
  const [a, b] = [one, other].map((id) => id.split("-").map(BigInt)) as [bigint[], bigint[]];
  const [first, second] = [a[0]! - b[0]!, a[1]! - b[1]!];
  const difference = first === 0n ? second : first;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const isNumber = (value: string): boolean => /^\d+$/.test(value);

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
