import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { groupClient, sentinelClient } from "../../checks/connections";
import { judge } from "../../checks/judge";
import { observe } from "../../checks/observe";
import { probeRefusal } from "../../checks/refusalProbe";
import { listOf } from "../../checks/replies";
import { currentMaster } from "../../checks/roles";
import { findingsOf } from "../../checks/verdict";
import { renderReport, verify, type Finding, type VerifyReport } from "../../checks/verify";
import { probeWrite } from "../../checks/writeProbe";
import type { Contract } from "../../outputs/contract";
import { waitFor } from "../support/waitFor";
import { fromHere, withTestGroup, type GroupOptions, type TestGroup } from "./checks.support";

/** Seconds to wait for something that will not come. */
const IN_VAIN_S = 2;

describe("checks on real processes", function () {
  this.timeout(30_000);

  describe("a healthy group", () => {
    it("passes under Sentinel, with a row for every check, and fast once it has converged", async () => {
      await withTestGroup({}, async (group) => {
        await passes(group);
        const report = await group.verify();
        assert.deepEqual(report.findings, []);
        assert.equal(report.master, "redis-master");
        // The best of three: the machine may be busy with other tests.
        const tookMs = [await timed(group), await timed(group), await timed(group)];
        assert.ok(Math.min(...tookMs) < 300, `took ${tookMs.join(", ")} ms`);
        assert.deepEqual(checksOf(report, "redis-sentinel-2"), [
          "SENTINEL MASTERS",
          "SENTINEL REPLICAS",
          "SENTINEL SENTINELS",
          "SENTINEL GET-MASTER-ADDR-BY-NAME",
          "SENTINEL CKQUORUM",
          "refuses strangers",
        ]);
        assert.deepEqual(checksOf(report, "redis-replica-1"), ["ROLE", "INFO replication", "GET", "refuses strangers"]);
        assert.deepEqual(checksOf(report, "client outside"), ["asks the Sentinels"]);
        assert.deepEqual(checksOf(report, "client inside"), ["asks the Sentinels"]);
        assert.equal(await group.command("redis-master", "DBSIZE"), 0, "the probe's key is still there");
      });
    });

    const shapes: readonly (readonly [string, GroupOptions])[] = [
      ["replication with two replicas", { sentinels: 0 }],
      ["replication without a replica", { sentinels: 0, replicas: 0 }],
      ["one Sentinel without a replica", { sentinels: 1, replicas: 0 }],
    ];
    shapes.forEach(([what, options]) => {
      it(`passes in the shape: ${what}`, () => withTestGroup(options, passes));
    });

    it("passes after a failover, with the new master", async () => {
      await withTestGroup({ replicas: 1, sentinels: 1 }, async (group) => {
        await passes(group);
        const { contract } = group;
        await group.command("redis-sentinel-1", "SENTINEL", "FAILOVER", "mymaster");
        await waitFor(
          "the other node to be master",
          async () => currentMaster(contract, await observe(contract))?.name === "redis-replica-1",
        );
        // Sentinel would do it, but only after 8 s.
        await group.command("redis-master", "REPLICAOF", "127.0.0.2", contract.nodes[1]!.port);
        const report = await group.verify();
        assert.deepEqual(report.findings, []);
        assert.equal(report.master, "redis-replica-1");
      });
    });

    it("gives status what it needs of every node", async () => {
      await withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
        await passes(group);
        const { nodes } = await observe(group.contract);
        for (const { facts } of nodes) {
          assert.match(facts!.version, /^\d+\.\d+\.\d+$/);
          assert.ok(facts!.usedMemoryBytes > 100_000 && facts!.connectedClients > 0 && facts!.runId.length === 40);
        }
      });
    });
  });

  describe("waiting", () => {
    it("tells what it waits for, and ends when that has come", async () => {
      await withTestGroup({ sentinels: 0, absent: ["redis-replica-2"] }, async (group) => {
        const lines: string[] = [];
        const report = group.verify({ onProgress: (line) => lines.push(line) });
        setTimeout(() => group.start("redis-replica-2"), 700);
        assert.deepEqual((await report).findings, []);
        assert.match(
          lines.join("\n"),
          /waiting 0 s: redis-replica-2 does not answer \(connection refused at 127\.0\.0\.1:\d+\)/,
        );
      });
    });

    it("ends at once when its signal says so", async () => {
      await withTestGroup({ sentinels: 0, replicas: 0, absent: ["redis-master"] }, async (group) => {
        const started = performance.now();
        await assert.rejects(group.verify({ signal: AbortSignal.timeout(300) }), { name: "TimeoutError" });
        assert.ok(performance.now() - started < 1000);
      });
    });
  });

  describe("a member that is gone", () => {
    it("has one finding that says how to bring it back", async () => {
      await withTestGroup({}, async (group) => {
        await passes(group);
        await group.signal("redis-replica-1", "SIGKILL");
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        const finding = onlyFinding(report, "redis-replica-1");
        assert.match(finding.seen, /does not answer \(connection refused at 127\.0\.0\.1:\d+\)/);
        assert.match(finding.remedy, /pulumi up --refresh.*npm run up/);
        assert.match(renderReport(report), /not tried: the group had not converged after 2 s/);
      });
    });

    it("is also found when it is a Sentinel", async () => {
      await withTestGroup({ replicas: 0 }, async (group) => {
        await passes(group);
        await group.signal("redis-sentinel-3", "SIGKILL");
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        onlyFinding(report, "redis-sentinel-3");
      });
    });

    it("costs a bounded look when it is frozen, and is found again when it is not", async () => {
      await withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
        await passes(group);
        await group.signal("redis-replica-1", "SIGSTOP");
        const started = performance.now();
        const view = await observe(group.contract);
        assert.ok(performance.now() - started < 1700, "the look took too long");
        const finding = judge(group.contract, view).findings[0]!;
        assert.match(finding.seen, /^does not answer \(no answer in time/);
        assert.match(finding.remedy, /docker unpause redis-replica-1/);
        await group.signal("redis-replica-1", "SIGCONT");
        await passes(group);
      });
    });

    it("that accepts connections and says nothing, or hangs up, costs a bounded look too", async () => {
      for (const [answer, seen] of [
        [() => undefined, /no answer in time/],
        [(socket: Socket) => socket.destroy(), /the connection was closed/],
      ] as const) {
        await withServer(answer, async (port) => {
          const started = performance.now();
          const { nodes } = await observe(alone(port));
          assert.match(nodes[0]!.failure!.text, seen);
          assert.ok(performance.now() - started < 1700);
        });
      }
    });
  });

  describe("what is wrong in the replication", () => {
    it("names a replica that follows nobody as a second master, without Sentinels", async () => {
      await withTestGroup({ sentinels: 0 }, async (group) => {
        await passes(group);
        await group.command("redis-replica-2", "REPLICAOF", "NO", "ONE");
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        assertFinding(
          report,
          "redis-replica-2",
          /is a master too, beside redis-master \(127\.0\.0\.2:\d+\)/,
          /npm run promote/,
        );
      });
    });

    it("names it with Sentinels as well", async () => {
      await withTestGroup({ replicas: 1, sentinels: 1 }, async (group) => {
        await passes(group);
        await group.command("redis-replica-1", "REPLICAOF", "NO", "ONE");
        const report = await group.verify({ timeoutS: 0 });
        assertFinding(report, "redis-replica-1", /is a master too, beside redis-master/, /Sentinel makes it a replica/);
      });
    });

    it("names a replica whose link cannot come up", async () => {
      await withTestGroup({ sentinels: 0 }, async (group) => {
        await passes(group);
        await group.command("redis-replica-1", "CONFIG", "SET", "masterauth", "wrong");
        await group.command("redis-master", "CLIENT", "KILL", "TYPE", "replica");
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        assertFinding(
          report,
          "redis-replica-1",
          /has no link to redis-master \(127\.0\.0\.2:\d+\)/,
          /npm run logs -- redis-replica-1/,
        );
      });
    });

    it("notices a replica that is there and does not acknowledge", async () => {
      await withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
        await passes(group);
        await group.signal("redis-replica-1", "SIGSTOP");
        const findings = findingsOf(await probeWrite(group.contract, group.contract.nodes[0]!));
        assert.ok(
          findings.some(
            ({ subject, seen }) => subject === "redis-master" && seen.includes("acknowledged by 0 of 1 replicas only"),
          ),
        );
        assert.ok(findings.some(({ subject }) => subject === "redis-replica-1"));
      });
    });

    it("says why a master takes no write", async () => {
      await withTestGroup(
        { sentinels: 0, replicas: 1, lines: { "redis-master": ["min-replicas-to-write 2"] } },
        async (group) => {
          const report = await group.verify();
          assertFinding(
            report,
            "redis-master",
            /refuses every write \(NOREPLICAS\): 1 of the 2 replicas/,
            /minReplicasToWrite/,
          );
        },
      );
      await withTestGroup(
        { sentinels: 0, replicas: 0, lines: { "redis-master": ["maxmemory 1mb"] } },
        async (group) => {
          const report = await group.verify();
          assertFinding(report, "redis-master", /does not take a write \(OOM/, /maxmemoryMb/);
        },
      );
    });
  });

  describe("what is wrong with the Sentinels", () => {
    it("is found one by one", async () => {
      await withTestGroup({ replicas: 1 }, async (group) => {
        await passes(group);
        await group.command("redis-sentinel-1", "SENTINEL", "SET", "mymaster", "quorum", "1");
        await group.command(
          "redis-sentinel-2",
          "SENTINEL",
          "MONITOR",
          "other",
          "127.0.0.2",
          group.contract.nodes[0]!.port,
          2,
        );
        await group.command("redis-sentinel-3", "SENTINEL", "REMOVE", "mymaster");
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        assertFinding(report, "redis-sentinel-1", /has quorum 1 instead of 2/, /npm run up/);
        assertFinding(report, "redis-sentinel-2", /also watches other/, /SENTINEL REMOVE other/);
        assertFinding(report, "redis-sentinel-3", /does not know mymaster/, /npm run logs -- redis-sentinel-3/);
        assertFinding(report, "redis-sentinel-3", /names no master/, /redis-sentinel-3/);
      });
    });

    it("is found when one of them watches another node", async () => {
      await withTestGroup({ replicas: 1 }, async (group) => {
        await passes(group);
        await group.command("redis-sentinel-2", "SENTINEL", "REMOVE", "mymaster");
        await group.command("redis-sentinel-2", "SENTINEL", "MONITOR", "mymaster", "127.0.0.2", 9, 2);
        const report = await group.verify({ timeoutS: IN_VAIN_S });
        assertFinding(report, "redis-sentinel-2", /names 127\.0\.0\.2:9 as the master/, /redis-sentinel-2/);
        assert.equal(report.master, "redis-master");
      });
    });

    it("is found when there is a replica too many", async () => {
      await withTestGroup({ replicas: 2, sentinels: 1 }, async (group) => {
        await passes(group);
        const { contract } = group;
        const smaller = { ...contract, nodes: contract.nodes.slice(0, 2) };
        const report = await verify(smaller, { inside: fromHere, timeoutS: 0 });
        assertFinding(report, "redis-sentinel-1", /knows a replica too many, 127\.0\.0\.2:\d+/, /REPLICAOF NO ONE/);
        assertFinding(
          report,
          "redis-master",
          /has a replica that is not of this deployment, 127\.0\.0\.2:\d+/,
          /REPLICAOF NO ONE/,
        );
      });
    });
  });

  describe("passwords", () => {
    it("must be asked for by every node and every Sentinel", async () => {
      await withTestGroup(
        { replicas: 1, sentinels: 1, open: ["redis-replica-1", "redis-sentinel-1"] },
        async (group) => {
          const open = { ...group.contract, users: { admin: "", app: "" } };
          for (const name of ["redis-replica-1", "redis-sentinel-1"]) {
            const { findings } = await refusalOf(open, group, name);
            assert.match(findings[0]!.seen, /lets in whoever has no password/);
            assert.match(findings[0]!.seen, /answers a wrong password with `ERR AUTH/);
            assert.match(findings[0]!.remedy, new RegExp(`docker rm -f ${name}`));
          }
        },
      );
    });

    ["redis-master", "redis-replica-1", "redis-sentinel-1"].forEach((name) => {
      it(`must not be \`pass\` on ${name}, beside the generated one`, async () => {
        const lines = { [name]: ["user default on >functional-0123456789 >pass ~* &* +@all"] };
        await withTestGroup({ replicas: 1, sentinels: 1, lines }, async (group) => {
          const finding = onlyFinding(await group.verify(), name);
          assert.equal(finding.seen, "lets in whoever has the password `pass`");
        });
      });
    });

    it("that differ from the outputs' are said, and never shown", async () => {
      await withTestGroup({ sentinels: 0, replicas: 0 }, async (group) => {
        const password = "another-0123456789";
        const { contract } = group;
        const users = { admin: password, app: password };
        const other = { ...contract, users, connection: { ...contract.connection, password } };
        const report = await verify(other, { inside: fromHere, timeoutS: 0 });
        assertFinding(
          report,
          "redis-master",
          /does not answer \(WRONGPASS/,
          /another password of the user admin than the stack's outputs/,
        );
        assert.doesNotMatch(JSON.stringify(report) + renderReport(report), /another-0123456789/);
      });
    });

    it("are taken out of whatever a probe says", async () => {
      await withTestGroup({ sentinels: 0, replicas: 0 }, async (group) => {
        const inside = () => Promise.reject(new Error(`redis-cli -a ${group.contract.users.admin} failed`));
        const report = await group.verify({ inside });
        assertFinding(report, "client inside", /redis-cli -a \[secret\] failed/, /npm run up/);
      });
    });
  });

  describe("clients", () => {
    it("outside are found to miss the master when the outputs name another node", async () => {
      await withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
        await passes(group);
        const { contract } = group;
        const stale = { ...contract, connection: { ...contract.connection, port: contract.nodes[1]!.port } };
        const report = await verify(stale, { inside: fromHere });
        assert.match(onlyFinding(report, "client outside").seen, /reaches another node than the master/);
      });
    });

    it("outside are found to miss the master when the translation leads nowhere", async () => {
      await withTestGroup({ replicas: 0, sentinels: 1 }, async (group) => {
        await passes(group);
        const { contract } = group;
        const natMap = { [`127.0.0.2:${contract.nodes[0]!.port}`]: { host: "127.0.0.1", port: 1 } };
        const lost = { ...contract, connection: { ...contract.connection, natMap } };
        const report = await verify(lost, { inside: fromHere });
        assert.match(
          onlyFinding(report, "client outside").seen,
          /does not reach the master \(connect ECONNREFUSED 127\.0\.0\.1:1\)/,
        );
      });
    });

    it("outside pass over a Sentinel that is silent", async () => {
      await withTestGroup({ replicas: 0, sentinels: 3 }, async (group) => {
        await passes(group);
        await group.signal("redis-sentinel-1", "SIGSTOP");
        const client = groupClient(group.contract);
        try {
          assert.equal(((await client.call("ROLE")) as string[])[0], "master");
        } finally {
          client.disconnect();
        }
      });
    });

    it("inside are found to reach another node, or nothing in time", async () => {
      await withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
        await passes(group);
        const wrong = await group.verify({ inside: (contract) => Promise.resolve(contract.nodes[1]!.announced) });
        assert.match(
          onlyFinding(wrong, "client inside").seen,
          /reaches redis-replica-1 \(127\.0\.0\.2:\d+\) instead of the master/,
        );
        const signal = AbortSignal.timeout(500);
        await assert.rejects(group.verify({ inside: () => new Promise(() => undefined), signal }), {
          name: "TimeoutError",
        });
      });
    });
  });

  it("reads the Sentinels' replies the same in every protocol", async () => {
    await withTestGroup({ replicas: 1, sentinels: 1 }, async (group) => {
      await passes(group);
      const shapes = [{ protocol: 2 }, { protocol: 3 }, { protocol: 3, replyMapping: "resp3" }] as const;
      const replies = await Promise.all(
        shapes.map(async (shape) => {
          const client = sentinelClient(group.contract, group.member("redis-sentinel-1"), shape);
          try {
            const [master] = listOf(await client.call("SENTINEL", "MASTERS"));
            return [master!.name, master!.flags, master!["num-slaves"], master!.quorum];
          } finally {
            client.disconnect();
          }
        }),
      );
      replies.forEach((reply) => assert.deepEqual(reply, ["mymaster", "master", "1", "1"]));
    });
  });
});

async function passes(group: TestGroup): Promise<void> {
  assert.deepEqual((await group.verify()).findings, []);
}

async function timed(group: TestGroup): Promise<number> {
  const started = performance.now();
  await group.verify();
  return Math.round(performance.now() - started);
}

const checksOf = ({ rows }: VerifyReport, name: string): readonly string[] =>
  rows.filter(({ subject }) => subject === name).map(({ check }) => check);

function onlyFinding({ findings }: VerifyReport, name: string): Finding {
  assert.deepEqual(
    findings.map(({ subject }) => subject),
    [name],
    JSON.stringify(findings, null, 1),
  );
  return findings[0]!;
}

function assertFinding({ findings }: VerifyReport, name: string, seen: RegExp, remedy: RegExp): void {
  const found = findings.some(
    (finding) => finding.subject === name && seen.test(finding.seen) && remedy.test(finding.remedy),
  );
  assert.ok(found, `${name} has no finding like ${seen} and ${remedy}: ${JSON.stringify(findings, null, 1)}`);
}

/** Only the refusals of one member, of a group that would fail on other grounds. */
async function refusalOf(
  contract: Contract,
  group: TestGroup,
  name: string,
): Promise<{ findings: readonly Finding[] }> {
  return { findings: findingsOf([await probeRefusal(contract, group.member(name))]) };
}

/** A deployment of one node, at a port where something else may be. */
function alone(port: number): Contract {
  const node = {
    name: "redis-master",
    host: "127.0.0.1",
    port,
    announced: { host: "127.0.0.1", port },
    engine: "unix:///unused",
  };
  const password = "functional-0123456789";
  return {
    contractVersion: 2,
    deployment: "redis",
    topology: "replication",
    masterName: "mymaster",
    quorum: 0,
    checkTimeoutS: 5,
    sentinels: [],
    nodes: [node],
    natMap: {},
    users: { admin: password, app: password },
    connection: { host: node.host, port, username: "app", password },
  };
}

async function withServer(answer: (socket: Socket) => unknown, body: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body((server.address() as AddressInfo).port);
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
}
