import assert from "node:assert/strict";
import fc from "fast-check";
import { execInContainer } from "../../engine/execInContainer";
import { contentsOf, LineSplitter, textOf } from "../../engine/output";
import { followLog } from "../../ops/logs/containerLog";
import { FakeEngine } from "./fakeEngine.support";

function frame(output: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = output;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Bytes as they come over a line: in pieces of these sizes, again and again. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

describe("what a container prints", () => {
  it("is taken out of its frames, whichever output it is", async () => {
    assert.equal(
      await textOf([frame(2, "warning\n"), frame(1, "ok 172.30.29.11 6379\n"), frame(1, "")]),
      "warning\nok 172.30.29.11 6379\n",
    );
    assert.equal(await textOf([Buffer.alloc(0)]), "");
    assert.equal(await textOf([]), "");
  });

  it("is the same in whatever pieces it comes, whole and in lines", async () => {
    const text = fc.stringMatching(/^[a-zäß€😀\n]{0,20}$/u);
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
        async (texts, sizes) => {
          const bytes = Buffer.concat(texts.map((each, index) => frame(1 + (index % 2), each)));
          const whole = texts.join("");
          assert.equal(await textOf(pieces(bytes, sizes)), whole);
          const lines: string[] = [];
          const splitter = new LineSplitter((line) => lines.push(line));
          for await (const part of contentsOf(pieces(bytes, sizes))) {
            splitter.add(part);
          }
          assert.deepEqual(lines, whole.split("\n").slice(0, -1));
          splitter.end();
          assert.equal(lines.join("\n"), whole.replace(/\n$/, ""));
        },
      ),
    );
  });

  it("may come in very many frames at once", async () => {
    assert.equal(await textOf([Buffer.concat(Array(20_000).fill(frame(1, "x")))]), "x".repeat(20_000));
  });

  it("is kept as far as it came when it is cut off", async () => {
    const bytes = Buffer.concat([frame(1, "one\n"), frame(2, "two\n")]);
    assert.equal(await textOf([bytes.subarray(0, -2)]), "one\ntw");
    assert.equal(await textOf([bytes.subarray(0, 15)]), "one\n");
  });
});

describe("a command in a container", () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = new FakeEngine(({ url }) =>
      url.endsWith("/start")
        ? { status: 200, body: Buffer.concat([frame(1, "one\n"), frame(2, "tw"), frame(1, "o\nend")]) }
        : { status: url.endsWith("/json") ? 200 : 201, body: { Id: "1", ExitCode: 3 } },
    );
    await engine.start();
  });
  afterEach(() => engine.stop());

  it("gives all that it prints, each complete line as it comes, and its exit code", async () => {
    const lines: string[] = [];
    const done = await execInContainer(engine.endpoint, "redis-master", ["sh"], AbortSignal.timeout(5000), (line) =>
      lines.push(line),
    );
    assert.deepEqual(done, { output: "one\ntwo\nend", exitCode: 3 });
    assert.deepEqual(lines, ["one", "two"]);
  });
});

describe("a log that is followed", () => {
  it("goes on where it broke off, with each line once, also the last one of a container that ended within it", async () => {
    const time = (second: number) => `2025-11-23T14:00:0${second}.000000000Z`;
    const first = `${time(1)} one\n${time(2)} two`;
    const answers = [first, `${first}\n${time(3)} three\n`];
    const engine = new FakeEngine(() => ({ status: 200, body: frame(1, answers.shift() ?? "") }));
    await engine.start();
    const stop = new AbortController();
    const lines: string[] = [];
    const member = {
      name: "redis-master",
      host: "",
      port: 1,
      announced: { host: "", port: 1 },
      engine: engine.endpoint,
    };
    const take = ({ text }: { text: string }) => {
      lines.push(text);
      if (text === "three") {
        // As a person's Ctrl-C: an event of its own.
        setImmediate(() => stop.abort());
      }
    };
    try {
      await followLog(member, { tail: 5 }, take, (reason) => assert.fail(reason), stop.signal);
    } finally {
      await engine.stop();
    }
    assert.deepEqual(lines, ["one", "two", "three"]);
    const since = Date.parse(time(2)) / 1000;
    assert.deepEqual(
      engine.calls.map((call) => /tail=5|since=\d+/.exec(call)?.[0]),
      ["tail=5", `since=${since}`],
    );
  });
});
