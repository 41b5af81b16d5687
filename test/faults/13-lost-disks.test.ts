import assert from "node:assert/strict";
import { after, describe, it } from "mocha";
import { Fault, rounds, sharedGroup, shuffled, type Round } from "../support/faults";
import { container } from "../support/engine";
import { waitFor } from "../support/waitFor";

const HAS_MASTER_MS = 60_000;

describe("disks are lost", () => {
  const memoryOnly = { appendonly: false, save: "" };
  after(async () => (await sharedGroup()).up());

  disaster("13a-masters-disk", "The master's volume is emptied while it is down for a moment", async (group, mark) => {
    const master = await group.master();
    mark(`${master.name} killed, its volume emptied`);
    await group.kill(master.name);
    await group.emptyVolume(master.name);
    mark("started");
    await group.start(master.name);
    return master.name;
  });

  disaster("13b-initial-disk", "The initial master's volume is emptied in a full outage", async (group, mark) => {
    const initial = group.contract.nodes[0]!.name;
    const all = group.members.map(({ name }) => name);
    mark(`all containers killed, the volume of ${initial} emptied`);
    await group.kill(...all);
    await group.emptyVolume(initial);
    mark("all started");
    await group.start(...shuffled(all));
    return initial;
  });

  disaster(
    "13c-sentinels-disks",
    "All Sentinels' volumes are emptied after a failover, and everything starts at once",
    async (group, mark) => {
      const all = group.members.map(({ name }) => name);
      mark("all containers killed, the Sentinels' volumes emptied");
      await group.kill(...all);
      await Promise.all(group.contract.sentinels.map(({ name }) => group.emptyVolume(name)));
      mark("all started");
      await Promise.all(all.map((name) => group.start(name)));
      return undefined;
    },
    { promoteFirst: true },
  );

  disaster(
    "13d-memory-only",
    "The master restarts with an empty memory, since nothing is kept on disk",
    async (group, mark) => {
      const master = await group.master();
      mark(`${master.name} restarted`);
      await container(master.name).restart({ t: 0 });
      return master.name;
    },
    { settings: memoryOnly },
  );
});

type Step = (group: Round["group"], mark: Round["mark"]) => Promise<string | undefined>;

/** @param step does it, and returns the node that has no data afterwards. */
function disaster(
  id: string,
  title: string,
  step: Step,
  { promoteFirst = false, settings }: { promoteFirst?: boolean; settings?: Readonly<Record<string, unknown>> } = {},
): void {
  const fault = new Fault(id, title);
  describe(title, () => {
    after(() => fault.report());

    it("a node that has the data is master within a minute", async () => {
      const group = await sharedGroup();
      if (settings !== undefined) {
        await group.up(settings);
      }
      for (let round = 0; round < rounds(3, 1); round += 1) {
        if (promoteFirst) {
          await group.promoteAnother(group.contract.nodes[0]!);
        }
        const { lostConfirmed } = await fault.round(group, async ({ mark, roles }) => {
          const from = performance.now();
          const emptied = await step(group, mark);
          const [master] = await waitFor(
            "one master that has the data",
            () => {
              const masters = roles.masters().filter((name) => name !== emptied);
              return masters.length === 1 && roles.masters().length === 1 ? masters : undefined;
            },
            { timeoutMs: HAS_MASTER_MS },
          );
          assert.notEqual(master, emptied);
          fault.measured("one master after", performance.now() - from);
        });
        assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
      }
    });
  });
}
