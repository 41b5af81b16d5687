import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { afterEach, beforeEach, describe, it } from "mocha";
import { extract, type Header } from "tar-stream";
import { hasFile, putFiles } from "../../engine/containerFiles";
import { FakeEngine, type EngineAnswer } from "./fakeEngine.support";

interface Entry {
  readonly header: Header;
  readonly content: string;
}

async function entriesOf(archive: Buffer): Promise<readonly Entry[]> {
  const unpacked = extract();
  unpacked.end(archive);
  const entries: Entry[] = [];
  for await (const entry of unpacked) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) {
      chunks.push(Buffer.from(chunk as Uint8Array));
    }
    entries.push({ header: entry.header, content: Buffer.concat(chunks).toString() });
  }
  return entries;
}

const PARENT = "/opt/redis-node/secrets";
const FILES = { users: "admin reset on\né\n", passwords: "admin of-mine-0123456789\n" };
const FILE = `${PARENT}/0123456789abcdef/accepted`;
/** As an engine tells of a file; the client has to read that, though nobody wants to know. */
const STAT = { "X-Docker-Container-Path-Stat": Buffer.from("{}").toString("base64") };

describe("files in a container", () => {
  let engine: FakeEngine;
  const answerWith = (answer: EngineAnswer) => (engine.answer = () => answer);

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.start();
  });
  afterEach(() => engine.stop());

  it("are put there as one archive, in a folder, for the server's user alone", async () => {
    answerWith({ status: 200 });
    await putFiles(engine.endpoint, "redis-master", PARENT, "new-0123", FILES);
    assert.deepEqual(engine.calls, ["PUT /containers/redis-master/archive?path=/opt/redis-node"]);
    const entries = await entriesOf(engine.requests[0]!.body);
    assert.deepEqual(
      entries.map(({ header: { name, type, mode, uid, gid }, content }) => [name, type, mode, uid, gid, content]),
      [
        ["secrets/", "directory", 0o700, 999, 999, ""],
        ["secrets/new-0123/", "directory", 0o700, 999, 999, ""],
        ["secrets/new-0123/users", "file", 0o600, 999, 999, FILES.users],
        ["secrets/new-0123/passwords", "file", 0o600, 999, 999, FILES.passwords],
      ],
    );
  });

  it("leave nothing of their contents in the address or the headers of the request, which engines log", async () => {
    answerWith({ status: 200 });
    const secret = "of-mine-0123456789";
    await putFiles(engine.endpoint, "redis-master", PARENT, "new-0123", { users: secret, passwords: secret });
    const [{ method, url, headers, body }] = engine.requests as [(typeof engine.requests)[number]];
    const seen = JSON.stringify([method, url, headers]);
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, 20)]) {
      assert.ok(!seen.includes(form), seen);
    }
    assert.ok(body.includes(secret));
  });

  it("that an engine refuses are an error with its words, without theirs", async () => {
    answerWith({ status: 404, body: { message: "No such container: redis-master" } });
    await assert.rejects(putFiles(engine.endpoint, "redis-master", PARENT, "new", FILES), (error: Error) => {
      assert.match(error.message, /No such container: redis-master/);
      assert.doesNotMatch(error.message, /of-mine/);
      return true;
    });
  });

  it("are there, or are not, or that cannot be said", async () => {
    answerWith({ status: 200, headers: STAT });
    assert.equal(await hasFile(engine.endpoint, "redis-master", FILE), true);
    answerWith({ status: 404 });
    assert.equal(await hasFile(engine.endpoint, "redis-master", FILE), false);
    for (const status of [400, 409, 500]) {
      answerWith({ status });
      await assert.rejects(hasFile(engine.endpoint, "redis-master", FILE), new RegExp(`HTTP code ${status}`));
    }
    assert.deepEqual(new Set(engine.calls), new Set([`HEAD /containers/redis-master/archive?path=${FILE}`]));
  });

  it("cannot be looked for without an engine", async () => {
    await assert.rejects(hasFile("unix:///nowhere/engine.sock", "redis-master", FILE), /ENOENT/);
  });

  for (const [what, status] of [
    ["is there", 200],
    ["is not there", 404],
  ] as const) {
    it(`do not keep the program that looked for one that ${what}`, async function () {
      this.timeout(20_000);
      let answered = 0;
      engine.answer = () => {
        answered = Date.now();
        return { status, headers: STAT };
      };
      const words = [engine.endpoint, "redis-master", FILE].map((word) => JSON.stringify(word)).join(", ");
      const code = `require("./engine/containerFiles.ts").hasFile(${words}).then((has) => process.stdout.write(String(has)));`;
      const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", code], {
        cwd: `${__dirname}/../..`,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
      const exitCode = await new Promise((resolve) => child.on("close", resolve));
      const lived = Date.now() - answered;
      assert.deepEqual([exitCode, printed], [0, String(status === 200)]);
      assert.ok(lived < 2000, `the program went on for ${lived} ms after the answer`);
    });
  }
});
