import assert from "node:assert/strict";
import { planDeployment } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import { withGroup } from "../../handover/group";
import { handOverInside, type NodeRunner } from "../../handover/inside";
import { buildContract } from "../../outputs/buildContract";
import { passwordsOfAll } from "./users.support";

const contract = buildContract(planDeployment(parseDeployment({}), "unix:///unused"), { passwords: passwordsOfAll });
const inside = (index: number) => `${contract.nodes[index]!.announced.host}:${contract.nodes[index]!.announced.port}`;

/** Hands over from the first node to the second, with a node that prints these lines and ends so. */
async function handOver(lines: readonly string[], end: number | null | Error, signal?: AbortSignal) {
  const steps: string[] = [];
  const asked: (readonly string[])[] = [];
  const runner: NodeRunner = (node, words, onLine) => {
    assert.equal(node.name, contract.nodes[0]!.name);
    asked.push(words);
    lines.forEach(onLine);
    return end instanceof Error ? Promise.reject(end) : Promise.resolve(end);
  };
  const result = await withGroup(contract, async ({ nodes: [master, candidate] }) =>
    handOverInside(contract, master!, candidate!, { say: (line) => steps.push(line), signal }, runner).then(
      (done) => ({ done, refusal: undefined }),
      (error: unknown) => ({ done: undefined, refusal: String(error) }),
    ),
  );
  return { ...result, steps, asked };
}

describe("a hand-over in the master's container", () => {
  it("names nodes instead of addresses, and tells steps from the result", async () => {
    const { done, steps, asked } = await handOver(
      [
        `hand-over: ${inside(1)} is preferred for promotion`,
        `hand-over: this node follows ${inside(1)}; writes were held for 412 ms`,
        `done ${inside(1)} 412`,
      ],
      0,
    );
    assert.deepEqual(asked, [[inside(1)]]);
    assert.deepEqual(steps, [
      "redis-replica-1 is preferred for promotion",
      "redis-master follows redis-replica-1; writes were held for 412 ms",
    ]);
    assert.deepEqual(done, { master: contract.nodes[1]!.announced, pausedMs: 412 });
  });

  it("does not take an address for the beginning of a longer one", async () => {
    const longer = `${inside(1)}1`;
    const { steps } = await handOver([`hand-over: ${longer} is preferred`, `done ${inside(1)} 1`], 0);
    assert.deepEqual(steps, [`${longer} is preferred`]);
  });

  it("gives the node's reason when nothing was switched, and not as a step", async () => {
    const { refusal, steps } = await handOver(
      [`hand-over: nothing is switched, and writes go on: ${inside(2)} does not answer`],
      1,
    );
    assert.deepEqual(steps, []);
    assert.match(
      refusal ?? "",
      /Nothing is switched, and writes go on: redis-replica-2 does not answer\. redis-master is still the master\.$/,
    );
  });

  const ends: readonly (readonly [string, readonly string[], number | null | Error, RegExp])[] = [
    ["the node is in doubt", ["hand-over: in doubt: why"], 3, /In doubt: why; look at it with: npm run status$/],
    [
      "the engine's answer breaks off",
      [],
      new Error("socket hang up"),
      /not known how .* ended \(socket hang up\); look/,
    ],
    ["there is no exit code", [], null, /not known how the hand-over on redis-master ended \(exit code null\)/],
    ["the result is missing", [], 0, /not known how the hand-over on redis-master ended/],
    [
      "the node's program is older",
      ["usage: node.sh boot|cli"],
      2,
      /redis-master runs an older program .*: npm run up$/,
    ],
  ];
  for (const [what, lines, end, expected] of ends) {
    it(`says so when ${what}`, async () => {
      assert.match((await handOver(lines, end)).refusal ?? "", expected);
    });
  }

  it("does not begin when it is to stop already", async () => {
    const runner: NodeRunner = () => assert.fail("the node was asked");
    await assert.rejects(
      withGroup(contract, ({ nodes: [master, candidate] }) =>
        handOverInside(contract, master!, candidate!, { say: () => undefined, signal: AbortSignal.abort() }, runner),
      ),
      /stopped as asked/,
    );
  });

  it("passes a wish to stop on to the node", async () => {
    const stop = new AbortController();
    const asked: (readonly string[])[] = [];
    const runner: NodeRunner = (_, words, onLine) => {
      asked.push(words);
      if (words[0] === "stop") {
        return Promise.resolve(0);
      }
      return new Promise((resolve) => {
        setImmediate(() => {
          stop.abort();
          onLine("hand-over: nothing is switched: stopped as asked");
          resolve(1);
        });
      });
    };
    await assert.rejects(
      withGroup(contract, ({ nodes: [master, candidate] }) =>
        handOverInside(contract, master!, candidate!, { say: () => undefined, signal: stop.signal }, runner),
      ),
      /stopped as asked/,
    );
    assert.deepEqual(asked, [[inside(1)], ["stop"]]);
  });
});
