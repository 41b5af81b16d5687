import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { rounds } from "../support/faults/rounds";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { writeEverywhere } from "../support/scenes";
import { waitFor } from "../support/waitFor";

/**
 * A full outage whose end takes the master a while: a replica that it waits for stays away, or its data set loads slowly.
 * Sentinel asks for INFO every 10 s and holds a master that says it is a replica for D + 20 s for down.
 */
interface Outage {
  readonly downAfterMs: number;
  /** How long the master's data set loads, about, in seconds. */
  readonly loadS: number;
  /** How long the master waits for a replica that stays away, in seconds; without it, none stays away. */
  readonly missingS?: number;
}

/** The role is taken between the last INFO before the master is held for down, which is at about 21 s, and that moment. */
const FEW: readonly Outage[] = [
  { downAfterMs: 5000, loadS: 0, missingS: 22 },
  { downAfterMs: 8000, loadS: 0, missingS: 24 },
  { downAfterMs: 5000, loadS: 22 },
];
const SWEEP: readonly Outage[] = [
  ...[1, 5, 10, 15, 19, 20, 21, 23, 24, 25, 26, 28, 30, 35, 45, 60].map((loadS) => ({ downAfterMs: 5000, loadS })),
  ...[1, 10, 20, 21, 23, 25, 27, 31].map((missingS) => ({ downAfterMs: 5000, loadS: 0, missingS })),
  ...[20, 21, 22].map((loadS) => ({ downAfterMs: 1000, loadS })),
  ...[22, 28, 32].map((missingS) => ({ downAfterMs: 12_000, loadS: 0, missingS })),
];
/** Groups that run at the same time. */
const AT_ONCE = 3;
/** Longer than any outage of these lasts, on a busy machine. */
const BOUND = 150_000;
const KEYS = 200;

describe("the master after a full outage", function () {
  const outages = [...FEW, ...SWEEP.slice(0, rounds(SWEEP.length, 0))];
  for (let first = 0; first < outages.length; first += AT_ONCE) {
    const some = outages.slice(first, first + AT_ONCE);
    it(`takes writes only once the Sentinels do not replace it: ${some.map(inWords).join("; ")}`, async function () {
      this.timeout(2 * BOUND);
      const results = await Promise.allSettled(some.map(endOutage));
      const failures = results.flatMap((result, index) =>
        result.status === "rejected" ? [`${inWords(some[index]!)}: ${String(result.reason)}`] : [],
      );
      assert.deepEqual(failures, []);
    });
  }
});

function inWords({ downAfterMs, loadS, missingS }: Outage): string {
  return `D ${downAfterMs} ms, ${missingS === undefined ? `loads for ${loadS} s` : `a replica is missing for ${missingS} s`}`;
}

async function endOutage(outage: Outage): Promise<void> {
  const { downAfterMs, loadS, missingS } = outage;
  await withGroup({ settings: { appendonly: true, downAfterMs }, bootWaitS: 3 }, async (group) => {
    const master = await group.up();
    const replica = group.nodes.find((node) => node !== master)!;
    await fill(group, master);
    await writeEverywhere(group, master, "key");
    await group.kill();
    group.render(master, (text) => waitsFor(`${text}\n${loadsFor(text, loadS)}`, missingS ?? 3));
    group.nodes
      .filter((node) => node !== master)
      // They may be promoted, and the Sentinels know it, before the master decides.
      .forEach((node) => group.render(node, (text) => waitsFor(text, Math.max(1, (missingS ?? 3) - 2))));
    const began = Date.now();
    group.start(group.members.filter((member) => missingS === undefined || member !== replica));
    const writers = new StubbornWriters(group);
    try {
      await waitFor("an acknowledged write", () => writers.acknowledged.length > 0, { timeoutMs: BOUND });
      const first = Date.now() - began;
      const final = await waitFor("every Sentinel to see one and the same master", () => seenByAll(group), {
        timeoutMs: BOUND,
      });
      console.log(`      ${inWords(outage)}: writes after ${first} ms, undisputed after ${Date.now() - began} ms`);
      await waitFor("a write since then", () => writers.last === final, { timeoutMs: 10_000 });
      await writers.stop();
      assert.deepEqual(writers.turns(), [final.name], "who acknowledged writes, in turn");
      assert.deepEqual(await writers.missingAt(final), [], "acknowledged writes that are lost");
    } finally {
      await writers.stop();
    }
  });
}

/** Data that takes time to load in portions, between which the server answers. */
async function fill(group: Group, master: MemberProcess): Promise<void> {
  const data = Array.from({ length: KEYS }, (_, index) => [`data:${index}`, randomBytes(3000).toString("latin1")]);
  await patiently(master, (client) => client.mset(...data.flat()));
  for (const node of group.nodes) {
    await patiently(node, (client) => client.bgrewriteaof());
    await waitFor(
      "its append-only file to be rewritten",
      async () =>
        (await patiently(node, (client) => client.info("persistence"))).includes(
          "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0",
        ),
      { timeoutMs: 30_000 },
    );
  }
}

/** Several groups at the same time make a machine slow. */
async function patiently<T>(node: MemberProcess, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = node.client({ connectTimeout: 20_000, commandTimeout: 20_000 });
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** Lines of redis.conf, and none of the other files, that make loading slow. */
const loadsFor = (text: string, seconds: number): string =>
  seconds > 0 && text.includes("replica-priority 0")
    ? `key-load-delay ${(seconds * 1e6) / KEYS}\nloading-process-events-interval-bytes 1024\n`
    : "";

const waitsFor = (text: string, seconds: number): string =>
  text.replace(/^BOOT_WAIT_S=.*$/m, `BOOT_WAIT_S='${seconds}'`);

/** The master that all Sentinels name, see up and have heard to be master; undefined when there is none. */
async function seenByAll(group: Group): Promise<MemberProcess | undefined> {
  const views = await Promise.all(group.sentinels.map((sentinel) => sentinel.sentinelList("MASTERS")));
  const words = views.map(([view]) => `${view!.ip}:${view!.port} ${view!.flags} ${view!["role-reported"]}`);
  const [address = "", ...rest] = words[0]!.split(" ");
  if (new Set(words).size > 1 || rest.join(" ") !== "master master") {
    return undefined;
  }
  const node = group.nodeAt(address);
  return node.isRunning && (await node.role()).name === "master" ? node : undefined;
}

/** One for each node, as an application that stays with whom it knows: what is acknowledged, by whom, and when. */
class StubbornWriters {
  readonly acknowledged: { readonly key: string; readonly node: MemberProcess }[] = [];
  private readonly stopped = new AbortController();
  private readonly done: Promise<unknown>;

  constructor(group: Group) {
    this.done = Promise.all(group.nodes.map((node) => this.write(group, node)));
  }

  get last(): MemberProcess | undefined {
    return this.acknowledged.at(-1)?.node;
  }

  /** The nodes' names in the order in which they acknowledged writes; one that did so again comes again. */
  turns(): readonly string[] {
    const names = this.acknowledged.map(({ node }) => node.name);
    return names.filter((name, index) => name !== names[index - 1]);
  }

  async missingAt(node: MemberProcess): Promise<readonly string[]> {
    const keys = this.acknowledged.map(({ key }) => key);
    const values = await patiently(node, (client) => client.mget(keys));
    return keys.filter((_, index) => values[index] === null);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  private async write(group: Group, node: MemberProcess): Promise<void> {
    const client = node.client({
      username: "app",
      password: group.passwordOf("app"),
      retryStrategy: () => 50,
    });
    for (let index = 0; !this.stopped.signal.aborted && !group.ended.signal.aborted; index += 1) {
      const key = `${node.name}:${index}`;
      try {
        await client.set(key, "1");
        this.acknowledged.push({ key, node });
      } catch {
        // No master, or not there.
      }
      await sleep(10);
    }
    client.disconnect();
  }
}
