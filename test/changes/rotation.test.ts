import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { groupClient } from "../../checks/connections";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";
import { GroupWatch } from "../support/groupWatch";
import { PatientWriter } from "../support/patientWriter";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

const NAME = "rotating";
const settings = {
  name: NAME,
  redisPort: 19380,
  sentinelPort: 29379,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 40,
};
const USERS = ["admin", "app", "monitor", "replication", "sentinel"];

/** Applications that log in anew all the time, with the password that they were given once. */
class Logins {
  count = 0;
  readonly refused: string[] = [];
  private readonly stopped = new AbortController();
  private readonly done: Promise<unknown>;

  constructor(private readonly contract: Contract) {
    this.done = Promise.all([...contract.nodes, ...contract.sentinels].map((member) => this.knock(member)));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  private async knock({ name, host, port }: Contract["nodes"][number]): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const options = { host, port, ...accessOf(this.contract, "app"), retryStrategy: null, commandTimeout: 2000 };
      const client = new Redis(options).on("error", () => undefined);
      try {
        await client.ping();
        this.count += 1;
      } catch (error) {
        this.refused.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      client.disconnect();
      await sleep(20);
    }
  }
}

interface Loaded {
  readonly ended: Ended;
  readonly contract: Contract;
}

/** Runs an update under load: nobody may be refused, nothing may be lost, and no container may start. */
async function underLoad(project: PulumiProject, what: string, update: () => Promise<Ended>): Promise<Loaded> {
  const contract = await project.contract(NAME);
  const writer = new PatientWriter(contract, `${what}:${Date.now()}`);
  const logins = new Logins(contract);
  const watch = await GroupWatch.begin(contract);
  try {
    const ended = expectSuccess(await update());
    await Promise.all([writer.stop(), logins.stop()]);
    const now = await project.contract(NAME);
    const client = groupClient(now);
    const missing = await writer.missing(client);
    client.disconnect();
    console.log(
      `      ${what}: ${writer.acknowledged.length} writes, longest gap ${writer.longestGapMs} ms, ${missing.length} lost; ${logins.count} logins, ${logins.refused.length} refused`,
    );
    assert.deepEqual(missing, []);
    assert.deepEqual(logins.refused, []);
    assert.ok(logins.count > 0 && writer.acknowledged.length > 0, "there was no load");
    assert.deepEqual(watch.started, [], "containers were started");
    assert.equal(watch.masters.length, 1, `the masters were ${watch.masters.join(", ")}`);
    return { ended, contract: now };
  } finally {
    watch.end();
    await Promise.all([writer.stop(), logins.stop()]);
  }
}

/** What a node answers whoever logs in with this. */
async function answerTo({ nodes }: Contract, username: string, password: string): Promise<string> {
  const { host, port } = nodes[0]!;
  const client = new Redis({
    host,
    port,
    username,
    password,
    protocol: 2,
    retryStrategy: null,
    enableReadyCheck: false,
  });
  client.on("error", () => undefined);
  try {
    return String(await client.call("PING"));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.disconnect();
  }
}

describe("rotated passwords", () => {
  const project = new PulumiProject();
  let first: Contract;
  before(async () => {
    await project.addStack(NAME, settings);
    expectSuccess(await project.up(NAME));
    first = await project.contract(NAME);
  });
  after(() => project.dispose());

  it("whose update fails is not finished before it is deployed: nobody is locked out", async () => {
    project.configure(NAME, { ...settings, maxmemoryMb: -1 });
    const failed = await project.command(["rotate", "app", "--stack", NAME]);
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, new RegExp(`rotation of app, which is not deployed yet, .*npm run up -- ${NAME}\\n`));
    project.configure(NAME, { ...settings, rotations: ["app:1+previous"] });
    const early = await project.command(["rotate", "app", "--finish", "--yes", "--stack", NAME]);
    assert.equal(early.code, 1);
    assert.match(
      early.output,
      new RegExp(`^The rotation of app is not deployed yet, .*npm run rotate -- ${NAME} app$`, "m"),
    );
    assert.equal(await answerTo(first, "app", first.users.app!), "PONG");
  });

  it("`rotate`, begun again, gives `app` a new one beside the old one, and says how to go on", async () => {
    const { ended, contract } = await underLoad(project, "rotate app", () =>
      project.command(["rotate", "app", "--stack", NAME]),
    );
    assert.match(ended.output, /The rotation of app that was begun is not deployed yet; that is done now/);
    assert.match(ended.output, /app has a new password, in the outputs\. Once every client has it: npm run rotate/);
    assert.notEqual(contract.users.app, first.users.app);
    assert.equal(contract.connection.password, contract.users.app);
    assert.deepEqual(
      USERS.filter((user) => contract.users[user] !== first.users[user]),
      ["app"],
    );
    for (const password of [first.users.app!, contract.users.app!]) {
      assert.equal(await answerTo(contract, "app", password), "PONG");
      assert.ok(!ended.output.includes(password), "a password was printed");
    }
    const again = await project.command(["rotate", "app", "--stack", NAME]);
    assert.equal(again.code, 1);
    assert.match(again.output, /The last rotation of app is not finished/);
    expectSuccess(await project.up(NAME, "--expect-no-changes"));
  });

  it("`rotate --finish` ends the overlap", async () => {
    const { contract } = await underLoad(project, "finish app", () =>
      project.command(["rotate", "app", "--finish", "--yes", "--stack", NAME]),
    );
    assert.match(await answerTo(contract, "app", first.users.app!), /WRONGPASS/);
    assert.equal(await answerTo(contract, "app", contract.users.app!), "PONG");
  });

  it("of those whom the members themselves use move the links over; interrupted, the next update finishes", async () => {
    const rotations = USERS.map((user) => `${user}:${user === "app" ? 2 : 1}+previous`);
    project.configure(NAME, { ...settings, rotations });
    const before = await project.contract(NAME);
    const { host, port } = before.nodes[0]!;
    const client = new Redis({ host, port, ...accessOf(before, "admin") }).on("error", () => undefined);
    const bothAccepted = waitFor(
      "the first node to accept two passwords of `admin`",
      async () => {
        const user = (await client.call("ACL", "GETUSER", "admin")) as unknown[] | Record<string, unknown>;
        return JSON.stringify(user).match(/[0-9a-f]{64}/g)?.length === 2;
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );
    const killed = await project.killedAt(bothAccepted, ["up", "--yes", "--skip-preview", "--stack", NAME]);
    client.disconnect();
    assert.ok(killed, "the update ended before it could be killed");
    expectSuccess(await project.pulumi(["cancel", "--yes", "--stack", NAME]));
    const { contract } = await underLoad(project, "all users", () => project.up(NAME));
    for (const user of USERS) {
      assert.notEqual(contract.users[user], before.users[user], user);
      for (const password of [before.users[user]!, contract.users[user]!]) {
        assert.match(await answerTo(contract, user, password), /PONG|NOPERM/, user);
      }
    }
    project.configure(NAME, { ...settings, rotations: rotations.map((text) => text.replace("+previous", "")) });
    const { contract: last } = await underLoad(project, "finish all users", () => project.up(NAME));
    for (const user of USERS) {
      assert.match(await answerTo(last, user, before.users[user]!), /WRONGPASS/, user);
    }
    expectSuccess(await project.up(NAME, "--expect-no-changes"));
    expectSuccess(await project.command(["failover", "--stack", NAME, "--yes"]));
    expectSuccess(await project.command(["verify", "--stack", NAME]));
  });
});
