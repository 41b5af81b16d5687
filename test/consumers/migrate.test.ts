import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis, type RedisOptions } from "ioredis";
import { after, before, describe, it } from "mocha";
import { ComposeGroup } from "../../bench/composeGroup";
import { nodeClient } from "../../checks/connections";
import { endpointText } from "../../config/plan";
import { bytesText } from "../../ops/units";
import type { Contract } from "../../outputs/contract";
import { ENDS_AT, fillWithEveryType } from "../support/everyType";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

/** Beside the values of every type: what is carried in the measurement. */
const PLAIN_KEYS = 20_000;
const PLAIN_BYTES = 1000;
const WRITERS = 4;
/** Milliseconds between two writes of a writer. */
const WRITE_EVERY_MS = 4;

const quick = { downAfterMs: 2000, failoverTimeoutMs: 10_000, dataVolumes: "delete", replicas: 1, sentinels: 3 };

/** The compose files of before, with an application at work, and `npm run migrate` from them. */
describe("from the compose files", () => {
  const project = new PulumiProject();
  const sentinel = new ComposeGroup("mg-old", 24000);
  const plain = new ComposeGroup("mg-plain", 24010);
  const from = sentinel.nodes.map(endpointText).join(",");
  let contract: Contract;
  let other: Contract;

  before(async () => {
    await project.addStack("mg", {
      ...quick,
      deployments: {
        "mg-new": { redisPort: 24080, sentinelPort: 24090 },
        "mg-other": { redisPort: 24088, topology: "replication", tls: true },
      },
    });
    await Promise.all([sentinel.up(), plain.upWithoutSentinels()]);
    expectSuccess(await project.up("mg"));
    [contract, other] = [await project.contract("mg", "mg-new"), await project.contract("mg", "mg-other")];
  });
  after(async () => {
    await Promise.all([project.dispose(), sentinel.down(), plain.down()]);
  });

  const migrate = (args: readonly string[], input?: string) =>
    project.command(["migrate", "--stack", "mg", ...args], input);

  it("what does not fit is refused with a sentence, and nothing is changed", async () => {
    for (const [args, input, code, sentence] of [
      [[], "", 2, /missing option: where is the data now\? --from HOST:PORT/],
      [["--from", "localhost"], "", 2, /"localhost" is no address of a server/],
      [["--from", from], "", 2, /There is no terminal to ask; say --yes/],
      [["--from", "127.0.0.1:24999"], "", 1, /127\.0\.0\.1:24999 cannot be used: connection refused/],
      [["--from", from, "--yes", "--password-file", "nowhere"], "", 2, /--password-file nowhere cannot be read/],
      [["--from", from, "--yes", "--password-file", "-"], "wrong\n", 1, /does not accept the password \(WRONGPASS/],
      [["--from", "127.0.0.1:24999", "--yes"], "", 1, /127\.0\.0\.1:24999 cannot be used: connection refused/],
      [["--from", endpointText(sentinel.sentinels[0]!), "--yes"], "", 1, /is a Sentinel; name the servers/],
      [["--from", endpointText(sentinel.nodes[1]!), "--yes"], "", 1, /is a replica; its master is redis-master:6379/],
    ] as const) {
      const ended = await migrate(args, input);
      assert.match(ended.output, sentence);
      assert.equal(ended.code, code, ended.output);
      assert.doesNotMatch(ended.output, /^\s+at /m);
    }
  });

  it("carries all over while an application writes, and no acknowledged write is lost", async () => {
    const old = new Redis(await sentinel.connection());
    try {
      const keys = (await fillWithEveryType(old)) + (await fillPlainly(old));
      if (
        String(await old.call("HPEXPIREAT", "hash", ENDS_AT, "FIELDS", 1, "field").catch(String)).includes(
          "unknown command",
        )
      ) {
        throw new Error("the compose files' image is older than this test wants: fields of a hash do not end there");
      }
      await fillVectors(old);
      await using app = await Application.start(await sentinel.connection(), contract.connection);
      await app.more(200);
      const { stdout, output } = expectSuccess(await migrate(["--from", from, "--yes", "--json"]));
      await app.moved();
      await app.more(200);
      await app.stop();

      const { heldMs, bytes } = JSON.parse(stdout) as { heldMs: number; bytes: number };
      console.log(`      ${output.trimEnd().replaceAll("\n", "\n      ")}`);
      console.log(
        `      ${keys} keys, ${bytesText(bytes)}; ${app.acknowledged} writes acknowledged by ${WRITERS} writers, ${app.acknowledgedBefore} of them by the old servers; longest time without one ${Math.round(app.longestGapMs)} ms, of which writes were held for ${heldMs} ms`,
      );
      assert.deepEqual(await app.lost(), []);
      await assertSame(old, contract);
      for (const node of sentinel.nodes) {
        const client = new Redis({ ...node, password: "pass" });
        assert.deepEqual(await client.config("GET", "min-replicas-to-write"), ["min-replicas-to-write", "1000000"]);
        client.disconnect();
      }
      assert.match(expectSuccess(await project.command(["status", "mg"])).stdout, /1 of 1 replicas in sync, quorum OK/);
    } finally {
      old.disconnect();
    }
  });

  it("refuses a deployment that has data, and lets writes go on where they were closed", async () => {
    assert.match(
      (await migrate(["--from", from, "--yes"])).output,
      /mg-new has \d+ keys already, and nothing is mixed/,
    );
    const old = new Redis(await sentinel.connection());
    try {
      await assert.rejects(old.set("late", "1"), /NOREPLICAS/);
      assert.match(expectSuccess(await migrate(["--from", from, "--reopen"])).stdout, /^Writes go on at 127/);
      assert.equal(await old.set("late", "1"), "OK");
      assert.equal(await old.get("string"), "value", "the old data is still there");
    } finally {
      old.disconnect();
    }
  });

  it("from a master with slaves, with another password, over TLS to a deployment without Sentinels", async () => {
    const admin = new Redis({ ...plain.nodes[0]!, password: "pass" });
    try {
      await fillWithEveryType(admin);
      await admin.config("SET", "requirepass", "another one: äöü");
      const args = ["--from", endpointText(plain.nodes[0]!), "--yes", "--deployment", "mg-other"];
      assert.match(
        (await migrate(args)).output,
        /wants a password, and not the one of the compose files; .*--password-file/,
      );
      const { output } = expectSuccess(await migrate([...args, "--password-file", "-"], "another one: äöü\n"));
      assert.match(output, /2 of its replicas are not named and will not be closed/);
      assert.doesNotMatch(output, /another one/);
      assert.match(output, /: npm run outputs -- mg --deployment mg-other --show-secrets$/m);
      const back = `npm run migrate -- --from ${endpointText(plain.nodes[0]!)} --password-file - --reopen\n`;
      assert.ok(output.includes(back), output);
      await assertSame(admin, other);
    } finally {
      admin.disconnect();
    }
  });
});

/** Vectors in all forms in which they are kept; enough of them that no two servers lay them out alike. */
async function fillVectors(client: Redis): Promise<void> {
  for (const form of ["NOQUANT", "Q8", "BIN"]) {
    for (let at = 0; at < 200; at += 1) {
      const vector = [Math.sin(at), Math.cos(at), at / 200];
      await client.call("VADD", `vectors-${form}`, "VALUES", 3, ...vector, `e${at}`, form, "SETATTR", `{"n":${at}}`);
    }
  }
}

async function fillPlainly(client: Redis): Promise<number> {
  for (let at = 0; at < PLAIN_KEYS; at += 1000) {
    const pipeline = client.pipeline();
    for (let index = at; index < at + 1000; index += 1) {
      // Nothing that a server compresses.
      pipeline.set(`plain:${index}`, randomBytes(PLAIN_BYTES));
    }
    await pipeline.exec();
  }
  return PLAIN_KEYS;
}

const vectorQuestions = ["NOQUANT", "Q8", "BIN"].flatMap((form) => [
  ["VCARD", `vectors-${form}`] as const,
  ["VEMB", `vectors-${form}`, "e7", "RAW"] as const,
  ["VGETATTR", `vectors-${form}`, "e7"] as const,
]);

/** Asks both sides for the same things, in their own words: nothing of the program under test is in it. */
async function assertSame(old: Redis, contract: Contract): Promise<void> {
  const hasVectors = (await old.exists("vectors-Q8")) === 1;
  for (const node of contract.nodes) {
    const client = nodeClient(contract, node, { commandTimeout: 10_000 });
    try {
      for (const [command, ...args] of [
        ["DBSIZE"],
        ["GET", "large"],
        ["PEXPIRETIME", "ends"],
        ["PEXPIRETIME", "hash-ends"],
        ["HPEXPIRETIME", "hash", "FIELDS", "1", "field"],
        ["LRANGE", "list-large", "0", "-1"],
        ["SORT_RO", "set-large", "ALPHA"],
        ["ZRANGE", "zset", "0", "-1", "WITHSCORES"],
        ["XRANGE", "stream", "-", "+"],
        ["XPENDING", "stream", "group"],
        ["GET", "hyperloglog"],
        ["GEOPOS", "places", "Palermo"],
        ["FUNCTION", "LIST", "WITHCODE"],
        ...(hasVectors ? vectorQuestions : []),
      ] as const) {
        assert.deepEqual(
          await client.call(command, ...args),
          await old.call(command, ...args),
          `${command} ${args.join(" ")} at ${node.name}`,
        );
      }
      await client.select(15);
      assert.equal(await client.get("string"), "another of the same name");
    } finally {
      client.disconnect();
    }
  }
}

/** An application that counts, and moves to the new deployment as soon as the old one takes its writes no longer. */
class Application implements AsyncDisposable {
  acknowledged = 0;
  acknowledgedBefore = 0;
  longestGapMs = 0;
  private lastAt = performance.now();
  private readonly counts = Array.from({ length: WRITERS }, () => 0);
  private movedCount = 0;
  private readonly stopped = new AbortController();
  private readonly done: Promise<unknown>;

  private constructor(
    private readonly clients: Redis[],
    private readonly next: RedisOptions,
  ) {
    this.done = Promise.all(this.counts.map((_, at) => this.write(at)));
  }

  static async start(old: RedisOptions, next: RedisOptions): Promise<Application> {
    const clients = Array.from({ length: WRITERS }, () => new Redis({ ...old, lazyConnect: true }));
    await Promise.all(clients.map((client) => client.connect()));
    return new Application(clients, next);
  }

  async more(count: number): Promise<void> {
    const wanted = this.acknowledged + count;
    await waitFor(`${count} more acknowledged writes`, () => this.acknowledged >= wanted, { timeoutMs: 20_000 });
  }

  async moved(): Promise<void> {
    await waitFor("all writers to move", () => this.movedCount === WRITERS, { timeoutMs: 20_000 });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  async lost(): Promise<readonly string[]> {
    const client = new Redis(this.next);
    const found = await client.mget(this.counts.map((_, at) => `counter:${at}`));
    client.disconnect();
    return this.counts.flatMap((count, at) =>
      Number(found[at]) === count ? [] : [`writer ${at}: ${count} acknowledged, ${found[at]} there`],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.clients.forEach((client) => client.disconnect());
  }

  private async write(at: number): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.clients[at]!.incr(`counter:${at}`);
      } catch (error) {
        if (!String(error).includes("NOREPLICAS")) {
          throw error;
        }
        this.clients[at]!.disconnect();
        this.clients[at] = new Redis(this.next);
        this.movedCount += 1;
        continue;
      }
      this.counts[at] = this.counts[at]! + 1;
      this.acknowledged += 1;
      this.acknowledgedBefore += this.movedCount === 0 ? 1 : 0;
      this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.lastAt);
      this.lastAt = performance.now();
      await sleep(WRITE_EVERY_MS);
    }
  }
}
