import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { atMost, Fault, FaultGroup, rounds } from "../support/faults";
import { DockerHosts } from "../support/dockerHosts";
import { waitFor } from "../support/waitFor";

const stopped = new Fault("12a-engine-restarted", "The Docker engine is restarted");
const reset = new Fault("12b-host-reset", "Everything on the host dies at once, and its Docker engine is started");

describe("the Docker engine restarts under the deployment", () => {
  // An engine of its own: everything else on the machine's would go down with it.
  const hosts = new DockerHosts(1, "rof", 89);
  let group: FaultGroup | undefined;
  before(async function () {
    if (process.getuid?.() !== 0) {
      console.log("  the engine's restart: only root can start an engine of its own");
      this.skip();
    }
    await hosts.start("redis:8.0.2");
    group = await FaultGroup.deploy({
      name: "faults-engine",
      hosts: hosts.hosts,
      bindAddress: hosts.hosts[0]!.address,
      redisPort: 19720,
      sentinelPort: 29719,
      appendonly: true,
      // Otherwise Redis acknowledges writes before they are in its file while the disk is busy.
      appendfsync: "always",
      failoverTimeoutMs: 10_000,
      dataVolumes: "delete",
    });
  });
  after(() => stopped.report());
  after(() => reset.report());
  after(async () => {
    await group?.dispose();
    await hosts.dispose();
  });

  for (const [fault, what, restart] of [
    [stopped, "restarted", () => hosts.restartEngine(0)],
    [reset, "started after a reset of its host", () => hosts.resetHost(0)],
  ] as const) {
    it(`${what}: all members come back by themselves, with everything that was acknowledged`, async () => {
      for (let round = 0; round < rounds(3, 1); round += 1) {
        const { lost, lostConfirmed } = await fault.round(group!, async ({ mark, roles }) => {
          mark("the engine ends");
          const from = performance.now();
          await restart();
          mark("it answers again");
          await waitFor("one master", () => roles.masters().length === 1, { timeoutMs: atMost(30_000) });
          fault.measured("one master after", performance.now() - from);
        });
        assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
        assert.equal(lost.length, 0, "acknowledged writes that were lost");
      }
    });
  }
});
