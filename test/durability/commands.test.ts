import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ask } from "../../ops/migrate/side";
import { SERVERS } from "../../toolchain/versions.mjs";
import { CLUSTER_ONLY, LIBRARY, operations, WITHOUT_CONTENT } from "./operations";
import { seed, withPlainServers } from "./servers";
import {
  Chance,
  Pair,
  commandText,
  everyCommand,
  freshDraw,
  keepingOf,
  placesOf,
  sweepingOf,
  unknownOf,
  writeCommandsOf,
} from "./workload";
import { runTogether } from "./where";

describe("write commands", function () {
  this.timeout(60_000);
  const used = new Set<string>();

  for (const version of Object.keys(SERVERS)) {
    it(`of ${version} are all known to the generator, each does something, and two servers agree on it`, () =>
      withPlainServers(version, ["subject", "oracle", "sink"], async ([subject, oracle, sink]) => {
        const write = await writeCommandsOf(oracle!);
        assert.deepEqual(unknownOf(write.keys()), [], "write commands that the generator does not know");
        assert.ok(write.size > 100, `${write.size} write commands`);
        [...write.keys()].forEach((name) => used.add(name));

        const pair = new Pair(subject!, oracle!, sink!.endpoint);
        await pair.alone(0, [LIBRARY]);
        await everyCommand(pair, new Chance(seed), sweepingOf(write));
        await everyCommand(pair, new Chance(seed), keepingOf(write));
        await pair.compare([subject!]);

        // Once more, for whether something changes: an operation that does nothing would survive everything.
        const idle: string[] = [];
        for (const [name, flags] of write) {
          const draw = freshDraw(new Chance(seed), `once:${name}`);
          for (const operation of operations[name]!(draw, { sink: sink!.endpoint, elsewhere: 3, waits: false })) {
            const { before = [], feeds = [], dumped, call, after = [] } = operation;
            await ask(oracle!, 0, [...before, ...feeds]);
            const dump = dumped && (await ask(oracle!, 0, [dumped]))[0];
            const words = call.map((word) => (dump && word === "" ? dump : word)) as unknown as typeof call;
            const changesBefore = await changesOf(oracle!.redis);
            const [reply] = await runTogether(oracle!, 0, "alone", [words]);
            if (CLUSTER_ONLY.includes(name)) {
              assert.match(String(reply), /cluster support disabled/, name);
              continue;
            }
            const changed = (await changesOf(oracle!.redis)) - changesBefore;
            if (changed === 0 && !WITHOUT_CONTENT.includes(name)) {
              idle.push(`${commandText(words)} (${placesOf(flags).join(", ")}): ${String(reply)}`);
            }
            await ask(oracle!, 0, after);
          }
        }
        assert.deepEqual(idle, [], "operations that change nothing");
      }));
  }

  it("that the generator knows are all some server's", () => {
    assert.deepEqual(
      Object.keys(operations).filter((name) => !used.has(name)),
      [],
    );
  });

  it("that the generator does not know are told by name", () => {
    assert.deepEqual(unknownOf(["set", "setall", "xgroup|create", "xgroup|rename"]), ["setall", "xgroup|rename"]);
  });
});

/** Changes since the last snapshot, of a server that makes none. */
async function changesOf(redis: { info(section: string): Promise<string> }): Promise<number> {
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(await redis.info("persistence"))?.[1]);
}
