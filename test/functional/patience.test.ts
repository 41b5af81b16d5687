import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { endpointText } from "../../config/plan";
import { withTestGroup } from "./checks.support";

const KEYS = 600;
/** Microseconds for each key that is loaded: it loads for 9 s. */
const slowly = ["key-load-delay 15000", "loading-process-events-interval-bytes 1024"];

describe("the checks of a group with much data", () => {
  it("wait for a copy that takes longer than their time, as long as it comes further", () =>
    withTestGroup({ sentinels: 0, replicas: 1, lines: { "redis-replica-1": slowly } }, async (group) => {
      const [master, replica] = group.contract.nodes;
      const values = Array.from({ length: KEYS }, (_, at) => [`key-${at}`, "x".repeat(1024)]).flat();
      await group.command(master!.name, "MSET", ...values);
      // A history of its own, so that it has to copy everything.
      await group.command(replica!.name, "REPLICAOF", "NO", "ONE");
      await group.command(replica!.name, "SET", "own", "1");
      const { host, port } = master!.announced;
      await group.command(replica!.name, "REPLICAOF", host, String(port));
      const lines: string[] = [];
      const report = await group.verify({ timeoutS: 5, onProgress: (line) => lines.push(line) });
      assert.deepEqual(report.findings, []);
      assert.ok(report.waitedMs > 6000, `the copy took only ${report.waitedMs} ms`);
      assert.match(lines.join("\n"), /redis-replica-1 still loads its data set from disk, \d+ % so far/);
      assert.equal(await group.command(replica!.name, "DBSIZE"), KEYS, endpointText(replica!));
    }));

  it("do not wait for one that hangs", () =>
    withTestGroup({ sentinels: 0, replicas: 1 }, async (group) => {
      const [master, replica] = group.contract.nodes;
      // Nothing listens there: the link never comes up.
      await group.command(replica!.name, "REPLICAOF", master!.announced.host, "1");
      const report = await group.verify({ timeoutS: 2 });
      assert.ok(report.waitedMs < 6000, `${report.waitedMs} ms`);
      assert.ok(report.findings.length > 0);
    }));
});
