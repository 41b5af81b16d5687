import { after, before, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { observe } from "../../checks/observe";
import { currentMaster } from "../../checks/roles";
import type { Contract } from "../../outputs/contract";
import { container } from "../support/engine";
import type { ExampleClient } from "../support/exampleClients";
import { expectSuccess, PulumiProject } from "../support/pulumiProject";
import { waitFor } from "../support/waitFor";
import { exampleClients, ExampleWriters } from "./exampleWriters.support";
import { Fleet } from "./fleet.support";

const NAME = "applications";
const settings = {
  name: NAME,
  redisPort: 19680,
  sentinelPort: 29680,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  appendonly: true,
  notifyKeyspaceEvents: "Ex",
  appCommands: ["flushdb", "client|list"],
  dataVolumes: "delete",
  checkTimeoutS: 40,
};

/** Real clients on the engine's own host, each built from the outputs alone, while everything happens to one deployment. */
describe("applications", function () {
  this.timeout(300_000);

  const project = new PulumiProject();
  const fleet = new Fleet();
  let contract: Contract;

  before(async () => {
    await project.addStack(NAME, settings);
    expectSuccess(await project.up(NAME));
    contract = await project.contract(NAME);
  });
  after(async () => {
    await fleet.dispose();
    await project.dispose();
  });

  const master = async (): Promise<string> =>
    waitFor("a master", async () => currentMaster(contract, await observe(contract))?.name, { timeoutMs: 30_000 });

  const npmRun = async (...words: readonly string[]): Promise<unknown> =>
    expectSuccess(await project.command([...words, "--stack", NAME]));

  /** The check of the deployment, with the time that it gets to converge. */
  const whole = () => npmRun("verify");

  const another = async (old: string): Promise<unknown> =>
    waitFor("another master", async () => (await master()) !== old, { timeoutMs: 30_000 });

  /** Ends the master's container in some way, and starts it again once another one is master. */
  const awayFor = async (end: "stop" | "kill"): Promise<void> => {
    const old = await master();
    await container(old)[end]();
    await another(old);
    await container(old).start();
    await whole();
  };

  describe("of examples/, which write without a pause", () => {
    let clients: readonly ExampleClient[] = [];
    let writers: ExampleWriters | undefined;
    before(async function () {
      clients = await exampleClients(this);
      writers = await ExampleWriters.start(clients, contract);
    });
    after(() => writers?.[Symbol.asyncDispose]());

    for (const end of ["stop", "kill"] as const) {
      it(`get through soon after \`docker ${end}\` of the master`, async () => {
        const old = await master();
        await writers!.measure(`docker ${end}`, async () => {
          await container(old)[end]();
          await another(old);
        });
        await container(old).start();
        await whole();
      });
    }
  });

  describe("of real libraries", () => {
    before(() => fleet.start(contract));

    it("go on through a hand-over", () =>
      fleet.through("a hand-over", () => npmRun("failover", "--yes"), { planned: true }));

    it("go on through `docker stop` of the master", () =>
      fleet.through("`docker stop`", () => awayFor("stop"), { planned: true }));

    it("go on through a rolling update", () =>
      fleet.through(
        "a rolling update",
        async () => {
          project.configure(NAME, { ...settings, logMaxSizeMb: 11 });
          expectSuccess(await project.up(NAME));
        },
        { planned: true },
      ));

    it("go on through a rotation of `app`, renewed themselves before its end", () =>
      fleet.through(
        "a rotation",
        async () => {
          await npmRun("rotate", "app");
          contract = await project.contract(NAME);
          await fleet.replace(contract);
          await npmRun("rotate", "app", "--finish", "--yes");
          // What still used the old password would be found out now.
          await npmRun("failover", "--yes");
        },
        { planned: true },
      ));

    it("have lost no job in all of these, and run none twice", () => fleet.allJobsRun());

    it("go on after `docker kill` of the master", () =>
      fleet.through("`docker kill`", () => awayFor("kill"), { planned: false }));

    it("go on after a full outage", () =>
      fleet.through(
        "a full outage",
        async () => {
          const members = [...contract.nodes, ...contract.sentinels].map(({ name }) => container(name));
          await Promise.all(members.map((member) => member.kill()));
          // For longer than a connection is waited for.
          await sleep(3000);
          await Promise.all(members.map((member) => member.start()));
          await whole();
        },
        { planned: false },
      ));
  });
});
