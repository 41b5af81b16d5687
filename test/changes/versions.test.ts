import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { after, before, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import type { Contract } from "../../outputs/contract";
import { seed, withPlainServers } from "../durability/servers";
import { Chance, everyCommand, keepingOf, Pair, writeCommandsOf } from "../durability/workload";
import type { Server } from "../durability/where";
import { LIBRARY } from "../durability/operations";
import { Writer } from "../functional/opsWriter";
import { container, engine } from "../support/engine";
import { BARE_IMAGE, buildBareImage, needImage } from "../support/images";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";

const quick = { downAfterMs: 1000, failoverTimeoutMs: 10_000, dataVolumes: "delete", checkTimeoutS: 120 };
const OLD = "redis:7.0.15";
const NEW = "redis:8.0.2";
const VALKEY = "valkey/valkey:8.1";

const to = ({ host, port }: { readonly host: string; readonly port: number }, contract: Contract): Redis =>
  new Redis({ host, port, ...accessOf(contract, "admin"), maxRetriesPerRequest: 1, protocol: 2 }).on(
    "error",
    () => undefined,
  );

async function onNode<T>(contract: Contract, name: string, body: (client: Redis) => Promise<T>): Promise<T> {
  const client = to(
    contract.nodes.find((node) => node.name === name)!,
    contract,
  );
  try {
    return await body(client);
  } finally {
    client.disconnect();
  }
}

/** The lines of `INFO server` that say which server it is, on every data node. */
const serversOf = (contract: Contract): Promise<readonly string[]> =>
  Promise.all(
    contract.nodes.map(({ name }) =>
      onNode(contract, name, async (client) => {
        const info = await client.info("server");
        return /^valkey_version:.*$/m.exec(info)?.[0].trim() ?? /^redis_version:.*$/m.exec(info)![0].trim();
      }),
    ),
  );

/** Announced address of the master by the word of a majority of the Sentinels; undefined while there is none. */
async function namedMaster(contract: Contract): Promise<string | undefined> {
  const words = await Promise.all(
    contract.sentinels.map(async (sentinel) => {
      const client = new Redis({ ...sentinel, name: undefined, ...accessOf(contract, "admin"), retryStrategy: null });
      client.on("error", () => undefined);
      try {
        return ((await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", contract.masterName)) as string[]).join(":");
      } catch {
        return undefined;
      } finally {
        client.disconnect();
      }
    }),
  );
  return words.find((word) => word && 2 * words.filter((other) => other === word).length > words.length);
}

/** Every write command of the server, told to the master and to a plain server that it is compared with. */
async function tellEverything(subject: Server, oracle: Server): Promise<Pair> {
  const write = await writeCommandsOf(oracle);
  const pair = new Pair(subject, oracle, { host: "unreachable from there", port: 1 });
  await pair.alone(0, [LIBRARY]);
  // A container does not reach the servers of a test, and has nobody to give its keys away to.
  const told = new Map([...keepingOf(write)].filter(([name]) => name !== "migrate"));
  await everyCommand(pair, new Chance(seed), told);
  return pair;
}

const nameAt = (contract: Contract, address: string): string =>
  contract.nodes.find(({ announced }) => `${announced.host}:${announced.port}` === address)!.name;

/** Kills the master's container and waits until another node is named and takes a write. */
async function failOver(contract: Contract): Promise<string> {
  const old = (await namedMaster(contract))!;
  const client = new Redis({ ...contract.connection, maxRetriesPerRequest: null, sentinelRetryStrategy: () => 50 });
  client.on("error", () => undefined);
  try {
    await client.set("before", "the failover");
    await client.wait(1, 2000);
    const began = Date.now();
    await container(nameAt(contract, old)).kill();
    const heir = await waitFor(
      "a majority of the Sentinels to name another master",
      async () => {
        const named = await namedMaster(contract);
        return named !== old && named;
      },
      { timeoutMs: 20_000 },
    );
    await client.set("after", "the failover");
    console.log(`      ${Date.now() - began} ms from the kill to an acknowledged write`);
    assert.equal(await client.get("before"), "the failover");
    return nameAt(contract, heir);
  } finally {
    client.disconnect();
  }
}

describe("another version of the server", () => {
  const project = new PulumiProject();
  const settings = {
    ...quick,
    name: "versions",
    redisPort: 19480,
    sentinelPort: 29479,
    extraRedisConf: ["enable-debug-command yes"],
  };
  let contract: Contract;
  before(async function () {
    this.timeout(300_000);
    await needImage(NEW);
    await needImage(OLD);
    await needImage(VALKEY);
  });
  after(() => project.dispose());

  const refused = ({ code, output }: Ended): void => {
    assert.notEqual(code, 0, output);
    assert.match(output, /image: \S+ is .*fix: pulumi config set image redis:8\.0\.2, or deploy /);
    assert.match(output, /nothing was changed/);
    assert.doesNotMatch(output, /^\s+at .*:\d+:\d+/m, `a stack trace was shown:\n${output}`);
  };

  it(`up, under load: data of every kind is kept, no acknowledged write is lost, by one hand-over (DURABILITY_SEED=${seed})`, () =>
    withPlainServers("redis-7.0", ["oracle"], async ([oracle]) => {
      await project.addStack("versions", { ...settings, image: OLD });
      expectSuccess(await project.up("versions"));
      contract = await project.contract("versions");
      assert.deepEqual(new Set(await serversOf(contract)), new Set(["redis_version:7.0.15"]));
      const first = (await namedMaster(contract))!;
      const pair = await onNode(contract, nameAt(contract, first), (redis) =>
        tellEverything({ name: first, redis }, oracle!),
      );

      const masters = [first];
      const writer = new Writer(contract, "a value", 5);
      const ended = new AbortController();
      const watch = (async () => {
        while (!ended.signal.aborted) {
          const named = await namedMaster(contract);
          if (named !== undefined && named !== masters.at(-1)) {
            masters.push(named);
          }
        }
      })();
      try {
        await writer.more(100);
        project.configure("versions", { ...settings, image: NEW });
        expectSuccess(await project.up("versions"));
        await writer.more(100);
      } finally {
        ended.abort();
        await Promise.all([watch, writer.stop()]);
      }

      const master = nameAt(contract, (await namedMaster(contract))!);
      assert.deepEqual(new Set(await serversOf(contract)), new Set(["redis_version:8.0.2"]));
      await onNode(contract, master, async (client) => {
        const lost = await writer.lostOn(client);
        console.log(
          `      ${writer.acknowledged.length} writes, ${lost.length} lost, longest gap ${Math.round(writer.longestGapMs)} ms; masters: ${masters.map((address) => nameAt(contract, address)).join(", ")}`,
        );
        assert.deepEqual(lost, []);
        await client.unlink(await client.keys("write-*"));
      });
      for (const { name } of contract.nodes) {
        await onNode(contract, name, (redis) => pair.compare([{ name, redis }]));
      }
      assert.equal(masters.length, 2, "not exactly one hand-over");
      expectSuccess(await project.up("versions", "--expect-no-changes"));
    }));

  it("down, or across to a server that does not know the data, is refused before anything is touched", async () => {
    const containers = async () =>
      (await engine.listContainers({ all: true, filters: { name: ["versions-"] } })).map(({ Id }) => Id).sort();
    const before = await containers();
    project.configure("versions", { ...settings, image: OLD });
    const [preview, up] = [await project.preview("versions"), await project.up("versions")];
    refused(preview);
    refused(up);
    const sentence =
      /image: redis:7\.0\.15 is Redis 7\.0\.15, which reads data files up to RDB version 10, but versions-\S+ runs Redis 8\.0\.2 and writes RDB version 12/;
    assert.match(up.output, sentence);
    project.configure("versions", { ...settings, image: VALKEY });
    const across = await project.preview("versions");
    refused(across);
    assert.match(across.output, /image: valkey\/valkey:8\.1 is Valkey 8\.1\.\d+, .* RDB version 11, but/);

    assert.deepEqual(await containers(), before);
    const filters = { ancestor: [OLD, VALKEY] };
    assert.deepEqual(await engine.listContainers({ all: true, filters }), [], "a look into an image left a container");
    project.configure("versions", { ...settings, image: NEW });
    expectSuccess(await project.up("versions", "--expect-no-changes"));
  });
});

describe("Valkey", () => {
  const project = new PulumiProject();
  before(() => needImage(VALKEY));
  after(() => project.dispose());

  it("is deployed with all checks, fails over, and is brought back to full strength", async () => {
    await project.addStack("valkey", {
      ...quick,
      name: "versions-valkey",
      redisPort: 19490,
      sentinelPort: 29489,
      image: VALKEY,
    });
    expectSuccess(await project.up("valkey"));
    const contract = await project.contract("valkey");
    const versions = await serversOf(contract);
    assert.ok(
      versions.every((version) => version.startsWith("valkey_version:8.1.")),
      versions.join(", "),
    );
    assert.equal(versions.length, 3);
    const heir = await failOver(contract);
    expectSuccess(await project.up("valkey", "--refresh"));
    expectSuccess(await project.command(["verify", "valkey"]));
    assert.equal(nameAt(contract, (await namedMaster(contract))!), heir, "the update moved the master");
  });
});

describe("an image with busybox alone, in the layout of the official ones", () => {
  const project = new PulumiProject();
  before(() => buildBareImage());
  after(() => project.dispose());

  it("has no tools but busybox", async () => {
    const run = await engine.createContainer({
      Image: BARE_IMAGE,
      Cmd: [
        "sh",
        "-c",
        "command -v bash; command -v redis-server; for name in sh sed timeout; do readlink -f /bin/$name; done",
      ],
      HostConfig: { NetworkMode: "none" },
    });
    try {
      await run.start();
      await run.wait();
      const said = (await run.logs({ stdout: true, stderr: true })).toString("latin1").replaceAll(/[^\n -~]/g, "");
      assert.match(said, /^\W*\/usr\/local\/bin\/redis-server\n(\W*\/bin\/busybox\n){3}$/);
    } finally {
      await run.remove({ force: true });
    }
  });

  it("is deployed with all checks, and fails over", async () => {
    await project.addStack("bare", {
      ...quick,
      name: "versions-bare",
      redisPort: 19500,
      sentinelPort: 29499,
      replicas: 1,
      image: BARE_IMAGE,
    });
    expectSuccess(await project.up("bare"));
    await failOver(await project.contract("bare"));
  });
});
