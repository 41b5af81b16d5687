import assert from "node:assert/strict";
import { withGroup } from "../support/processes";
import { waitFor } from "../support/waitFor";

describe("first start", function () {
  this.timeout(30_000);

  for (const tools of ["system", "busybox"] as const) {
    it(`three nodes and three Sentinels are complete at once (${tools} tools)`, () =>
      withGroup({ tools }, async (group) => {
        group.start();
        const began = Date.now();
        await waitFor("every Sentinel to see 2 replicas and 2 peers", async () => {
          const views = await Promise.all(group.sentinels.map((sentinel) => sentinel.sentinelList("MASTERS")));
          return views.every(([view]) => view?.["num-slaves"] === "2" && view["num-other-sentinels"] === "2");
        });
        const seen = Date.now() - began;
        const master = await group.settled();
        const settled = Date.now() - began;
        await group.named(group.nodes[0]!);
        assert.equal(master.name, group.nodes[0]!.name);
        console.log(`      Sentinels complete after ${seen} ms, one master and 2 linked replicas after ${settled} ms`);
        assert.ok(settled < 4000, `took ${settled} ms`);
      }));
  }
});
