import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import { container, engine, logsOf } from "../support/engine";
import { ProcessSampler } from "../support/processSampler";
import { expectSuccess, PulumiProject, type Ended } from "../support/pulumiProject";
import { findLeaks, leakText, secretsOfState, type NamedSecret, type Place } from "../support/secretScan";

/** Name of the stack and of the deployment: the smallest one that can fail over. */
const NAME = "secret-scan";
const settings = {
  name: NAME,
  replicas: 1,
  sentinels: 1,
  quorum: 1,
  tls: true,
  redisPort: 19880,
  sentinelPort: 29879,
  downAfterMs: 1000,
  failoverTimeoutMs: 10_000,
  dataVolumes: "delete",
  checkTimeoutS: 60,
};

/** Everything that the engine says about the deployment. */
async function inspections(): Promise<readonly Place[]> {
  const filters = { label: [`${DEPLOYMENT_LABEL}=${NAME}`] };
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  assert.deepEqual([containers.length, networks.length, volumes.Volumes.length], [3, 1, 6], "what there is to inspect");
  const images = [...new Set(containers.map(({ ImageID }) => ImageID))].map((id) => engine.getImage(id));
  const asked: readonly (readonly [string, Promise<unknown>])[] = [
    ...containers.map(({ Id, Names }) => [`docker inspect of ${Names.join()}`, container(Id).inspect()] as const),
    ...networks.map(
      ({ Id, Name }) => [`docker inspect of the network ${Name}`, engine.getNetwork(Id).inspect()] as const,
    ),
    ...volumes.Volumes.map(
      ({ Name }) => [`docker inspect of the volume ${Name}`, engine.getVolume(Name).inspect()] as const,
    ),
    ...images.flatMap((image) => [
      ["docker inspect of the image", image.inspect()] as const,
      ["docker history of the image", image.history()] as const,
    ]),
  ];
  const said = asked.map(async ([name, answer]) => ({ name, text: JSON.stringify(await answer) }));
  const logs = containers.map(async ({ Id, Names }) => ({
    name: `docker logs of ${Names.join()}`,
    text: await logsOf(Id),
  }));
  return Promise.all([...said, ...logs]);
}

describe("generated secrets", () => {
  const project = new PulumiProject();
  const outputs: Place[] = [];
  let sampler: ProcessSampler;
  let processes: readonly Place[];
  let secrets: readonly NamedSecret[];

  const ran = async (name: string, command: Promise<Ended>): Promise<string> => {
    const { output, stdout } = expectSuccess(await command);
    outputs.push({ name: `the output of ${name}`, text: output });
    return stdout;
  };
  const assertNowhere = (places: readonly Place[]): void => {
    assert.deepEqual(findLeaks(secrets, places).map(leakText), []);
  };

  before(async () => {
    sampler = new ProcessSampler();
    await project.addStack(NAME, settings);
    await ran("up", project.up(NAME));
    // Shows everything that containers are made of, and all that is made anew for them.
    project.configure(NAME, { ...settings, logMaxSizeMb: 11 });
    await ran("preview --diff", project.preview(NAME, "--diff"));
    await ran("preview --json", project.preview(NAME, "--json"));
    project.configure(NAME, { ...settings, maxmemoryMb: 64 });
    await ran("npm run up", project.command(["up", "--stack", NAME]));
    for (const command of ["status", "verify", "outputs", "logs"]) {
      await ran(`npm run ${command}`, project.command([command, "--stack", NAME]));
    }
    await ran("npm run failover", project.command(["failover", "--stack", NAME, "--yes"]));
    processes = await sampler.stop();
    const state = expectSuccess(await project.pulumi(["stack", "export", "--show-secrets", "--stack", NAME]));
    secrets = secretsOfState(JSON.parse(state.stdout));
  });
  after(async () => {
    await sampler.stop();
    await project.dispose();
  });

  it("have names, and the password of every user is among them", async () => {
    const { users } = await project.contract(NAME);
    for (const [user, password] of Object.entries(users)) {
      const found = secrets.find(({ value }) => value === password);
      assert.match(found?.name ?? "", new RegExp(`^outputs\\.result of .*-password-${user} `));
    }
  });

  it("are not in the state as it is stored, nor in what is exported of it", async () => {
    const exported = expectSuccess(await project.pulumi(["stack", "export", "--stack", NAME]));
    assert.match(exported.stdout, /"ciphertext"/);
    assertNowhere([
      { name: "the files of the state", text: project.plainState() },
      { name: "pulumi stack export", text: exported.output },
    ]);
  });

  it("are in nothing that the engine says of containers, networks, volumes and the image, nor in logs", async () => {
    assertNowhere(await inspections());
  });

  it("were in the command line and in the environment of no process", () => {
    for (const program of ["pulumi", "redis-server", "redis-cli"]) {
      assert.ok(sampler.programs.has(program), `looked too seldom: saw ${[...sampler.programs].join(", ")}`);
    }
    assertNowhere(processes);
  });

  it("are in the output of no command", () => {
    assertNowhere(outputs);
  });
});
