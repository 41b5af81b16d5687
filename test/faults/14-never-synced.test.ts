import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { accessOf } from "../../outputs/access";
import { D, Fault, FaultGroup, rounds, withMember } from "../support/faults";
import { holdsFor, waitFor } from "../support/waitFor";

const fault = new Fault("14-never-synced", "The only replica has never synced when the master dies");

describe(fault.title, () => {
  let group: FaultGroup | undefined;
  before(async () => {
    group = await FaultGroup.deploy({
      name: "faults-raw",
      redisPort: 19740,
      sentinelPort: 29739,
      replicas: 1,
      appendonly: true,
      failoverTimeoutMs: 10_000,
      dataVolumes: "delete",
    });
  });
  after(() => fault.report());
  after(() => group?.dispose());

  it("is not promoted; `status` and `verify` name it and say what to do", async () => {
    const deployed = group!;
    for (let round = 0; round < rounds(2, 1); round += 1) {
      const master = await deployed.master();
      const raw = (await deployed.replicas())[0]!;
      const { lost } = await fault.round(deployed, async ({ mark, roles }) => {
        mark(`${raw.name} made anew, with a wrong masterauth`);
        await deployed.kill(raw.name);
        await deployed.emptyVolume(raw.name);
        // What an upgrade gone wrong leaves behind: the node's own server knows another password for its master.
        await deployed.editFile(raw.name, "/opt/redis-node/node.sh", (script) =>
          script.replace('"masterauth $REPLICATION_PASSWORD"', '"masterauth not-the-password"'),
        );
        await deployed.start(raw.name);
        await waitFor(`${raw.name} without a link`, () => roles.roleOf(raw.name) === "unlinked", {
          timeoutMs: 30_000,
        });
        for (const { by, code, output } of await deployed.judged()) {
          assert.equal(code, 1, `${by}, while the replica has no link:\n${output}`);
          assert.match(output, new RegExp(`${raw.name}.*link`, "s"));
          assert.match(output, /npm run logs|docker restart|npm run up/, `${by} says what to do`);
        }
        mark(`${master.name} killed`);
        await deployed.kill(master.name);
        await waitFor(`${master.name} to be seen down`, () => roles.masters().length === 0);
        // Longer than Sentinel needs for a failover.
        await holdsFor("nobody is master while only the replica without data is there", D + 8000, () => {
          assert.deepEqual(roles.masters(), []);
          return true;
        });
        const keys = await withMember(raw, accessOf(deployed.contract, "admin"), (client) => client.dbsize());
        assert.equal(keys, 0, "keys of the replica that never synced");
        for (const { by, code, output } of await deployed.judged()) {
          assert.equal(code, 1, `${by}, without a master:\n${output}`);
          assert.match(output, new RegExp(`${master.name}.*(stopped|down|refused|does not answer)`, "s"), by);
        }
        mark(`${master.name} started`);
        const startedAt = performance.now();
        await deployed.start(master.name);
        await waitFor(`${master.name} as master`, () => roles.roleOf(master.name) === "master", { timeoutMs: 60_000 });
        fault.measured("the master is back after", performance.now() - startedAt);
        mark(`${raw.name} made anew by \`up\``);
        await deployed.remove(raw.name);
        await deployed.up();
      });
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
    }
  });
});
