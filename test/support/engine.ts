import Docker from "dockerode";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import { dockerOptions } from "../../engine/engineOptions";
import { defaultEngineEndpoint } from "../../config/plan";

/** The engine that the tests deploy on. */
export const engine = new Docker(dockerOptions(defaultEngineEndpoint(process.env), process.env));

export const container = (name: string): Docker.Container => engine.getContainer(name);

/** Names of everything that carries a deployment's label on the engine. */
export async function leftovers(deployment: string): Promise<readonly string[]> {
  const filters = { label: [`${DEPLOYMENT_LABEL}=${deployment}`] };
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names.map((name) => `container ${name}`)),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.Volumes.map(({ Name }) => `volume ${Name}`),
  ];
}

/** Removes everything that carries a deployment's label, whether a stack knows it or not. */
export async function removeLabelled(deployment: string): Promise<void> {
  const filters = { label: [`${DEPLOYMENT_LABEL}=${deployment}`] };
  const containers = await engine.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true })));
  const networks = await engine.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => engine.getNetwork(Id).remove()));
  await removeVolumes(deployment);
}

export async function removeVolumes(deployment: string): Promise<void> {
  const { Volumes: volumes } = await engine.listVolumes({ filters: { label: [`${DEPLOYMENT_LABEL}=${deployment}`] } });
  await Promise.all(volumes.map(({ Name }) => engine.getVolume(Name).remove()));
}

/** Everything that a container printed, both streams. */
export async function logsOf(name: string): Promise<string> {
  return (await container(name).logs({ stdout: true, stderr: true })).toString("latin1");
}
