import assert from "node:assert/strict";
import { judge } from "../../checks/judge";
import { isStandby, withReasons, type AskHealth } from "../../checks/undecided";
import { statusOf } from "../../ops/status/health";
import type { GroupView } from "../../checks/view";
import { contractOf, healthyView, withNode, withoutAnswer } from "./checks.support";

const nobody = { host: "127.0.0.1", port: 1 };
const following = { master: nobody, linkState: "connect", linkUp: false, syncing: false, lastIoS: -1 };
const REASON = "for 25 s, because 172.30.29.12:6379, which may have newer data, does not answer";

const standby = (view: GroupView, name: string): GroupView =>
  withNode(view, name, () => ({ role: "replica", following, attached: [] }));

/** With what containers say of themselves, and nothing of what engines say of containers. */
const explained = (view: GroupView, askHealth?: AskHealth) =>
  withReasons(view, askHealth, () => Promise.resolve(undefined));

describe("members that wait for a decision", () => {
  const contract = contractOf(2, 3);
  const asked: string[] = [];
  const ask = (member: { name: string }) => {
    asked.push(member.name);
    return Promise.resolve(
      member.name.includes("sentinel")
        ? `unhealthy: undecided, not started: ${REASON}\n`
        : `unhealthy: undecided, read-only: ${REASON}\n`,
    );
  };

  beforeEach(() => asked.splice(0));

  it("are told from replicas by whom they follow", () => {
    assert.ok(isStandby(following));
    assert.ok(!isStandby({ ...following, master: { host: "127.0.0.1", port: 6379 } }));
    assert.ok(!isStandby(undefined));
  });

  it("only they are asked for the reason", async () => {
    const view = healthyView(contract);
    assert.deepEqual(await explained(view, ask), view);
    assert.deepEqual(asked, []);
    const waiting = withoutAnswer(standby(view, "redis-master"), "redis-sentinel-2");
    const withThem = await explained(waiting, ask);
    assert.deepEqual(asked.sort(), ["redis-master", "redis-sentinel-2"]);
    assert.equal(withThem.nodes[0]!.undecided, REASON);
    assert.equal(withThem.sentinels[1]!.undecided, REASON);
  });

  it("without a word from their containers, or with another one, are shown as they are", async () => {
    const waiting = withoutAnswer(standby(healthyView(contract), "redis-master"), "redis-sentinel-2");
    assert.deepEqual(await explained(waiting, () => Promise.reject(new Error("no engine"))), waiting);
    assert.deepEqual(await explained(waiting, () => Promise.resolve("unhealthy: no answer from it")), waiting);
  });

  it("have findings with the reason and what to do", async () => {
    const waiting = withoutAnswer(standby(healthyView(contract), "redis-master"), "redis-sentinel-2");
    const { findings } = judge(contract, await explained(waiting, ask));
    const of = (name: string) => findings.filter(({ subject }) => subject === name);
    const [node, ...more] = of("redis-master");
    assert.deepEqual(more, []);
    assert.equal(node?.seen, `has no role yet and takes no writes (${REASON})`);
    assert.match(
      node.remedy,
      /bring the members that it names back .*npm run -s connect -- --node NAME REPLICAOF NO ONE/,
    );
    const [sentinel] = of("redis-sentinel-2");
    assert.equal(sentinel?.seen, `does not know yet whom to watch (${REASON})`);
  });

  it("are asked when their server has not started, and say why", async () => {
    const why =
      "the server could not load the data, which was written with the module tally, and that is not loaded here; the data is untouched: set `image` back to one that has it, or `modules` to true";
    const silent = withoutAnswer(healthyView(contract), "redis-replica-1");
    const said = () => Promise.resolve(`unhealthy: undecided, not started: ${why}\n`);
    const { findings } = judge(contract, await explained(silent, said));
    const [node, ...more] = findings.filter(({ subject }) => subject === "redis-replica-1");
    assert.deepEqual(more, []);
    assert.equal(node?.seen, `has not started its server (${why})`);
    assert.equal(node.remedy, "do what it says, then `npm run up`");
  });

  it("are told to be promoted where there are no Sentinels", async () => {
    const plain = contractOf(2, 0);
    const waiting = standby(healthyView(plain), "redis-master");
    const [finding] = judge(plain, await explained(waiting, ask)).findings;
    assert.match(finding!.remedy, /npm run promote -- NAME/);
  });

  const DAMAGE =
    "for 6 s, because its data cannot be loaded: /data/appendonlydir/appendonly.aof.1.incr.aof is damaged from byte 145 of 572 on; cut off there, 427 bytes of writes are lost. Nothing is touched (no other node is master); to go on with what is whole: docker exec redis-replica-1 sh /opt/redis-node/node.sh mend";
  const NO_ROOM = "its disk is full, or cannot be written: 12 kB are free in /data, and 1024 kB are needed";

  it("with damaged data have findings with the file, the offset, the loss, and the command that mends it", async () => {
    const waiting = withoutAnswer(healthyView(contract), "redis-replica-1");
    const damaged = () => Promise.resolve(`unhealthy: undecided, not started: ${DAMAGE}\n`);
    const { findings } = judge(contract, await explained(waiting, damaged));
    const finding = findings.find(({ subject }) => subject === "redis-replica-1");
    assert.equal(finding?.seen, `has not started its server (${DAMAGE})`);
    assert.match(finding.remedy, /on its host, `docker exec redis-replica-1 sh \/opt\/redis-node\/node\.sh mend`;/);
    const lost = () =>
      Promise.resolve(`unhealthy: undecided, not started: ${DAMAGE.replace(/mend$/, "mend --without-data")}\n`);
    const [hopeless] = judge(contract, await explained(waiting, lost)).findings;
    assert.match(hopeless!.remedy, /node\.sh mend --without-data`/);
  });

  it("with a full disk have findings that name it, nodes and Sentinels alike", async () => {
    const waiting = withoutAnswer(withoutAnswer(healthyView(contract), "redis-replica-1"), "redis-sentinel-2");
    const full = () => Promise.resolve(`unhealthy: undecided, not started: ${NO_ROOM}\n`);
    const { findings } = judge(contract, await explained(waiting, full));
    for (const name of ["redis-replica-1", "redis-sentinel-2"]) {
      const finding = findings.find(({ subject }) => subject === name);
      assert.equal(finding?.seen, `has not started its server (${NO_ROOM})`);
      assert.match(finding.remedy, /^make room on its host's disk .*: it starts by itself/);
    }
  });

  it("for another reason, without a server, are shown with their logs", async () => {
    const waiting = withoutAnswer(healthyView(contract), "redis-replica-1");
    const secrets = () => Promise.resolve("unhealthy: undecided, not started: its secrets have not been brought yet\n");
    const { findings } = judge(contract, await explained(waiting, secrets));
    const finding = findings.find(({ subject }) => subject === "redis-replica-1");
    assert.match(finding!.remedy, /npm run logs -- redis-replica-1/);
  });

  it("are standby in the status", async () => {
    const waiting = standby(healthyView(contract), "redis-replica-2");
    const { nodes, healthy } = statusOf(contract, await explained(waiting, ask));
    assert.deepEqual([nodes[2]!.role, nodes[2]!.link, healthy], ["standby", "undecided", false]);
  });
});

describe("a node that lets nobody else in", () => {
  const contract = contractOf(2, 3);
  const holders = "all its 40 connections are taken, 31 by app at 10.0.0.7 (worker), 3 by sentinel at 10.0.0.2";
  const unanswered = (kind: "full" | "closed" | "refused"): GroupView => {
    const view = healthyView(contract);
    const failure = { kind, text: "no way in" } as const;
    return { ...view, nodes: view.nodes.map((node, at) => (at === 0 ? { member: node.member, failure } : node)) };
  };
  const says = () => Promise.resolve(`ok: master, but it lets nobody else in: ${holders}\n`);

  for (const kind of ["full", "closed"] as const) {
    it(`has a finding that names who holds its connections, and how to raise the limit (${kind})`, async () => {
      const { findings } = judge(contract, await explained(unanswered(kind), says));
      const [finding] = findings.filter(({ subject }) => subject === "redis-master");
      assert.match(
        finding!.seen,
        /^lets nobody else in at \S+: all its 40 connections are taken, 31 by app at 10\.0\.0\.7/,
      );
      assert.match(finding!.remedy, /npm run -s connect -- --node redis-master CONFIG SET maxclients 20000/);
    });
  }

  it("is told from one that closes connections for another reason, and from one that is not there", async () => {
    const silent = () => Promise.resolve("unhealthy: no answer from it");
    assert.deepEqual(await explained(unanswered("closed"), silent), unanswered("closed"));
    assert.deepEqual(await explained(unanswered("refused"), says), unanswered("refused"));
  });
});
