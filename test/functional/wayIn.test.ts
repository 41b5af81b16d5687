import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { withGroup, type Group, type MemberProcess } from "../support/processes";
import { runInShell, SHELLS } from "../support/shells";
import { waitFor } from "../support/waitFor";

const LIMIT = 40;
const settings = { extraRedisConf: [`maxclients ${LIMIT}`] };

describe("a server whose clients have taken all its connections", function () {
  this.timeout(120_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`a stop hands over all the same, and no acknowledged write is lost (${tools} tools)`, () =>
      withGroup({ settings, tools }, async (group) => {
        const master = await group.up();
        const writer = new Writer(group);
        await writer.acknowledges();
        const greedy = await takeAll(group, master);
        const { code, output } = await master.run("health");
        assert.equal(code, 0, output);
        assert.match(
          output,
          /^ok: master, but it lets nobody else in: all its 40 connections are taken, \d\d by app at 127\.0\.0\.1 \(greedy\), /,
        );
        assert.equal(await master.stop(), 0);
        greedy.forEach((client) => client.disconnect());
        assert.match(master.log, /hand-over: this node follows/);
        const next = await group.settled();
        assert.notEqual(next.name, master.name);
        await writer.acknowledges();
        await writer.stop();
        assert.deepEqual(await writer.missingAt(next), []);
      }));

    it(`a person gets in, and can raise the limit (${tools} tools)`, () =>
      withGroup({ settings, tools }, async (group) => {
        const master = await group.up();
        const greedy = await takeAll(group, master);
        const { host, port } = master.plan.announced;
        const say = (...words: string[]) => master.run("cli", host, String(port), "-e", ...words);
        assert.deepEqual(await say("CONFIG", "GET", "maxclients"), { code: 0, output: `maxclients\n${LIMIT}` });
        assert.deepEqual(await say("ECHO", `a "b" \\ c`), { code: 0, output: `a "b" \\ c` });
        const { code, output } = await say("CONFIG", "SET", "maxclients", "many");
        assert.deepEqual([code, output.startsWith("ERR ")], [1, true], output);
        assert.equal((await say("CONFIG", "SET", "maxclients", "200")).output, "OK");
        assert.equal(await waitFor("to be let in", () => master.command("PING")), "PONG");
        await waitFor("its health to say so", async () => (await master.run("health")).output === "ok: master");
        greedy.forEach((client) => client.disconnect());
      }));
  }

  it("is told from one that does not answer with TLS, too, where it says nothing to whom it refuses", () =>
    // On a busy machine the Sentinel is not to replace it before it has handed over.
    withGroup({ settings: { ...settings, tls: true, sentinels: 1, downAfterMs: 20_000 } }, async (group) => {
      const master = await group.up();
      const greedy = await takeAll(group, master);
      assert.equal(await master.stop(), 0);
      greedy.forEach((client) => client.disconnect());
      assert.match(master.log, /hand-over: this node follows/);
    }));

  it("the Sentinels lose their connections: another node is master after down-after, and this one gives way", () =>
    withGroup({ settings }, async (group) => {
      const master = await group.up();
      const writer = new Writer(group);
      await writer.acknowledges();
      const greedy = await takeAll(group, master);
      const { host, port } = master.plan.announced;
      const say = (...words: string[]) => master.run("cli", host, String(port), ...words);
      // So that what they lose is nobody's.
      assert.equal((await say("CONFIG", "SET", "maxclients", String(LIMIT / 2))).output, "OK");
      const began = Date.now();
      assert.match((await say("CLIENT", "KILL", "USER", "sentinel")).output, /^[1-9]/);
      await waitFor("another master", async () => (await group.sentinels[0]!.namedMaster()) !== master.address, {
        timeoutMs: 30_000,
      });
      const replaced = Date.now();
      await master.logged(/decided: follow \S+, because a majority of the Sentinels names it/);
      console.log(`      replaced after ${replaced - began} ms, gave way ${Date.now() - replaced} ms later`);
      greedy.forEach((client) => client.disconnect());
      const next = await group.settled(30_000);
      assert.notEqual(next.name, master.name);
      await writer.acknowledges();
      await writer.stop();
    }));

  it("the way in is opened again when somebody closed it", () =>
    withGroup({ settings }, async (group) => {
      const master = await group.up();
      await master.command("CLIENT", "KILL", "TYPE", "normal");
      await heldConnection(master);
      const greedy = await takeAll(group, master);
      assert.match((await master.run("health")).output, /^ok: master, but it lets nobody else in/);
      greedy.forEach((client) => client.disconnect());
    }));
});

describe("who has taken all connections", () => {
  const line = (user: string, addr: string, name = "") => `id=1 addr=${addr} laddr=b:1 name=${name} age=1 user=${user}`;
  const list = [
    ...Array.from({ length: 4 }, (_, index) => line("app", `10.0.0.7:${index}`, "worker")),
    ...Array.from({ length: 3 }, (_, index) => line("app", `[fd00::1]:${index}`)),
    line("sentinel", "10.0.0.1:5"),
    line("monitor", "10.0.0.2:5"),
  ];
  const named = (shell: readonly string[], limit: number) =>
    runInShell(shell, `. node/lib-holders.sh\nname_holders <<'END'\nmaxclients\n${limit}\n${list.join("\n")}\nEND\n`);

  for (const shell of SHELLS) {
    it(`are those that have most (${shell.join(" ")})`, () => {
      assert.equal(
        named(shell, list.length),
        ", but it lets nobody else in: all its 9 connections are taken, 4 by app at 10.0.0.7 (worker), 3 by app at [fd00::1], 1 by monitor at 10.0.0.2",
      );
      assert.equal(named(shell, list.length + 1), "");
    });
  }
});

/** Waits for the connection that the node holds: the only one of admin that is older than a moment. */
async function heldConnection(node: MemberProcess): Promise<void> {
  await waitFor("the connection that the node holds", async () =>
    String(await node.command("CLIENT", "LIST"))
      .split("\n")
      .some((line) => line.includes(" user=admin ") && Number(/ age=(\d+) /.exec(line)?.[1]) >= 2),
  );
}

/** Connects as `app`, and again and again, until nobody else gets in. */
async function takeAll(group: Group, node: MemberProcess): Promise<readonly Redis[]> {
  await heldConnection(node);
  const options = {
    username: "app",
    password: group.passwordOf("app"),
    connectionName: "greedy",
    retryStrategy: () => (group.ended.signal.aborted ? null : 30),
  };
  const clients = Array.from({ length: LIMIT }, () => node.client(options));
  group.ended.signal.addEventListener("abort", () => clients.forEach((client) => client.disconnect()));
  await waitFor("nobody else to get in", () =>
    node.command("PING").then(
      () => false,
      // With TLS, the connection is closed before anything is said.
      (error: unknown) => /max number of clients|Connection is closed/.test(String(error)),
    ),
  );
  await waitFor("its own program to have seen that", async () =>
    (await node.run("health")).output.includes("lets nobody else in"),
  );
  return clients;
}

/** Writes through the Sentinels from before on, and keeps what is acknowledged. */
class Writer {
  private readonly keys: string[] = [];
  private readonly stopped = new AbortController();
  private readonly client: Redis;
  private readonly done: Promise<void>;

  constructor(private readonly group: Group) {
    this.client = group.masterClient();
    this.done = this.write();
  }

  /** Waits for one more. */
  async acknowledges(): Promise<void> {
    const before = this.keys.length;
    await waitFor("an acknowledged write", () => this.keys.length > before, { timeoutMs: 20_000 });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  async missingAt(node: MemberProcess): Promise<readonly string[]> {
    const values = (await node.command("MGET", ...this.keys)) as (string | null)[];
    return this.keys.filter((_, index) => values[index] === null);
  }

  private async write(): Promise<void> {
    for (let index = 0; !this.stopped.signal.aborted && !this.group.ended.signal.aborted; index += 1) {
      try {
        await this.client.set(`written:${index}`, index);
        this.keys.push(`written:${index}`);
      } catch {
        // Between two masters.
      }
      await sleep(5);
    }
    this.client.disconnect();
  }
}
