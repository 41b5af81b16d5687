import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { failOver, handOver as handOverWhole, planFailover } from "../../handover/failover";
import { withGroup as withConnections } from "../../handover/group";
import { UserError } from "../../config/userError";
import { contractOf, handOver, runnerOf } from "../support/groupCommands";
import { withGroup, type Group } from "../support/processes";
import { waitFor } from "../support/waitFor";
import { Writer } from "./opsWriter";

const prioritiesOf = (group: Group) =>
  Promise.all(group.nodes.map(async (node) => String(await node.command("CONFIG", "GET", "replica-priority"))));

/** The number of a process that has ended. */
const pidOfNobody = () => spawnSync("true").pid;

/**
 * Sentinel hears of the candidate while it runs, and is asked 0.7 s later: with these times in the middle of a stop,
 * with writes to catch up on before it and the promotion waiting behind them.
 */
const STOPPED_MS = 450;
const RUNNING_MS = 50;

/** Stops and continues a process in turns, so that it is behind most of the time. */
class Stutter {
  private running = true;
  private readonly loop: Promise<void>;

  constructor(private readonly pid: number) {
    this.loop = this.alternate();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async alternate(): Promise<void> {
    while (this.running) {
      process.kill(this.pid, "SIGSTOP");
      await sleep(STOPPED_MS);
      process.kill(this.pid, "SIGCONT");
      await sleep(RUNNING_MS);
    }
  }
}

describe("planned failover", function () {
  this.timeout(60_000);

  it("loses no acknowledged write, to the chosen replica and back", () =>
    withGroup({}, async (group) => {
      const first = await group.up();
      await using writer = new Writer(contractOf(group), "written");
      await writer.more(200);

      const chosen = group.nodes[2]!;
      const there = await handOver(group, chosen.name);
      await writer.more(200);
      const back = await handOver(group, first.name);
      await writer.more(200);
      await writer.stop();

      assert.equal(there.name, chosen.name);
      assert.equal(back.name, first.name);
      const client = first.client();
      const lost = await writer.lostOn(client).finally(() => client.disconnect());
      console.log(
        `      ${writer.acknowledged.length} writes acknowledged, ${lost.length} lost; paused for ${there.pausedMs} and ${back.pausedMs} ms, longest gap ${Math.round(writer.longestGapMs)} ms`,
      );
      assert.deepEqual(lost, []);
      assert.ok(there.pausedMs < 4000 && back.pausedMs < 4000, `paused for ${there.pausedMs} and ${back.pausedMs} ms`);
    }));

  it("loses no acknowledged write to a candidate that stutters: it has to catch up first", () =>
    withGroup({ settings: { downAfterMs: 5000 } }, async (group) => {
      await group.up();
      const chosen = group.nodes[1]!;
      await using writer = new Writer(contractOf(group));
      await writer.more(200);
      const stutter = new Stutter(chosen.serverPid());
      const { name } = await handOver(group, chosen.name).finally(() => stutter.stop());
      await writer.more(200);
      await writer.stop();

      assert.equal(name, chosen.name);
      const client = chosen.client();
      const lost = await writer.lostOn(client).finally(() => client.disconnect());
      assert.deepEqual(lost, []);
    }));

  it("leaves every node in sync with the new master, and the priorities as they were", () =>
    withGroup({}, async (group) => {
      const old = await group.up();
      const before = await prioritiesOf(group);
      const { name, steps } = await handOver(group);
      const master = await group.settled(1000);
      assert.equal(master.name, name);
      assert.notEqual(master, old);
      await group.named(master);
      assert.deepEqual(await prioritiesOf(group), before);
      assert.match(steps.at(-1)!, /^all 2 replicas are in sync with /);
      for (const sentinel of group.sentinels) {
        const settings = (await sentinel.command("SENTINEL", "DEBUG")) as string[];
        assert.equal(String(settings[settings.findIndex((word) => word.toUpperCase() === "INFO-PERIOD") + 1]), "10000");
      }
    }));

  it("changes nothing when the chosen replica cannot catch up: writes go on at the old master", () =>
    withGroup({ settings: { downAfterMs: 60_000 } }, async (group) => {
      const master = await group.up();
      const chosen = group.nodes[1]!;
      await assert.rejects(
        withConnections(contractOf(group), async (connections) => {
          const plan = await planFailover(connections, chosen.name);
          const say = (line: string) => {
            if (line.startsWith("writes are held")) {
              process.kill(chosen.serverPid(), "SIGSTOP");
            }
          };
          return failOver(connections, plan, { say }, runnerOf(group));
        }),
        (error: unknown) =>
          error instanceof UserError &&
          /^Nothing is switched, and writes go on: redis-replica-1 (does not answer|is still .* behind)\. redis-master is still the master/.test(
            error.message,
          ),
      );
      process.kill(chosen.serverPid(), "SIGCONT");
      assert.equal(await master.command("SET", "after", "1"), "OK");
      await group.named(master);
    }));

  it("refuses without a replica that could take over, and says why", () =>
    withGroup({}, async (group) => {
      await group.up();
      await group.nodes[1]!.command("REPLICAOF", "127.0.0.1", "1");
      await group.nodes[2]!.kill();
      await waitFor("the refusal", () =>
        handOver(group).then(
          () => false,
          (error: unknown) =>
            error instanceof UserError &&
            /No replica can take over: redis-replica-1 follows 127.0.0.1:1, .*; redis-replica-2 does not answer/.test(
              error.message,
            ),
        ),
      );
    }));

  it("stops when asked to, as long as nothing is switched", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const stop = new AbortController();
      await assert.rejects(
        withConnections(contractOf(group), async (connections) => {
          const plan = await planFailover(connections);
          const say = (line: string) => line.includes("is preferred") && stop.abort();
          return failOver(connections, plan, { say, signal: stop.signal }, runnerOf(group));
        }),
        /Nothing is switched: stopped as asked\. redis-master is still the master/,
      );
      await group.named(master);
      assert.equal(await master.command("SET", "after", "1"), "OK");
      assert.deepEqual(await prioritiesOf(group), Array(3).fill("replica-priority,100"));
    }));

  it("gives its result also when it is asked to stop after the switch", () =>
    withGroup({}, async (group) => {
      const old = await group.up();
      const stop = new AbortController();
      const steps: string[] = [];
      const say = (line: string) => {
        steps.push(line);
        if (line.includes(" in sync with ")) {
          stop.abort();
        }
      };
      const { master } = await withConnections(contractOf(group), async (connections) =>
        handOverWhole(connections, await planFailover(connections), { say, signal: stop.signal }, runnerOf(group)),
      );
      assert.ok(stop.signal.aborted);
      assert.notEqual(master.name, old.name);
      assert.equal(steps.at(-1), "all Sentinels agree");
    }));

  it("refuses a second one while one is under way", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const steps: string[] = [];
      const first = master.watch("handover", [], (line) => steps.push(line));
      await waitFor("the first one to begin", () => readdirSync(master.data).includes("handover.pid"));
      const lines: string[] = [];
      assert.equal(await master.watch("handover", [], (line) => lines.push(line)), 1);
      assert.deepEqual(lines, ["hand-over: nothing is switched: another hand-over is under way"]);
      assert.equal(await first, 0, steps.join("\n"));
      assert.ok(!readdirSync(master.data).includes("handover.pid"));
    }));

  it("of several at once, where a killed one left its note, one is carried out and the others refused", () =>
    withGroup({ tools: "busybox" }, async (group) => {
      const master = await group.up();
      symlinkSync(String(pidOfNobody()), join(master.data, "handover.pid"));
      const runs = Array.from({ length: 8 }, async () => {
        const lines: string[] = [];
        const code = await master.watch("handover", [], (line) => lines.push(line));
        return { code, last: lines.at(-1)! };
      });
      const refused = "hand-over: nothing is switched: another hand-over is under way";
      const [done, ...more] = (await Promise.all(runs)).filter(({ last }) => last !== refused);
      assert.deepEqual(more, []);
      assert.equal(done?.code, 0, done?.last);
      assert.deepEqual(
        readdirSync(master.data).filter((name) => name.startsWith("handover")),
        [],
      );
    }));

  it("is refused on a node that is being stopped", () =>
    withGroup({}, async (group) => {
      const master = await group.up();
      const stopped = master.stop();
      await master.logged(/is preferred/);
      const lines: string[] = [];
      assert.equal(await master.watch("handover", [], (line) => lines.push(line)), 1);
      assert.deepEqual(lines, ["hand-over: nothing is switched: another hand-over is under way"]);
      await stopped;
      assert.match(master.log, /this node follows/);
      master.start();
      await group.settled();
      assert.ok(!readdirSync(master.data).includes("handover.pid"), "a start forgets what was before it");
    }));

  it("works with one Sentinel down, and asks another", () =>
    withGroup({}, async (group) => {
      await group.up();
      await group.sentinels[0]!.kill();
      const { name } = await handOver(group);
      assert.notEqual(name, group.nodes[0]!.name);
    }));
});
