import type { ContainerInfo } from "dockerode";
import { DEPLOYMENT_LABEL, IDENTITY_LABEL, KIND_LABEL, REVISION_LABEL, STACK_LABEL } from "../config/labels";
import { engineClient } from "./engineClient";
import { engineReasonOf, statusOf } from "./engineError";
import { hostFacts, type EngineInfo, type HostFacts } from "./hostFacts";
import { labelsOf } from "./labelsOf";
import { portHolder } from "./portHolder";

/** A container as far as it can be in the way of a deployment. */
export interface SurveyedContainer {
  readonly name: string;
  /** `running`, `exited`, `paused`, ... */
  readonly state: string;
  /** `data` or `sentinel`; undefined when it is none of this project's. */
  readonly kind?: string;
  /** Values of the labels that tell whose it is; undefined when it is none of this project's. */
  readonly owner?: { readonly stack: string; readonly deployment: string };
  /** Ports that it has on the host; `ip` is `0.0.0.0` for all addresses. */
  readonly ports: readonly { readonly ip: string; readonly port: number }[];
  /** The engine's id of it; a replaced container has another one. */
  readonly id: string;
  /** Id of the image that it was made from. */
  readonly imageId: string;
  /** What its health check says; undefined when it has none, or does not run. */
  readonly health?: Health;
  /** What it was made from; see the label's description. */
  readonly revision?: string;
  /** Under which name and address the others know it; see the label's description. */
  readonly identity?: string;
}

/** What the engine says of a running container's health check. */
export type Health = "healthy" | "unhealthy" | "starting";

export interface SurveyedNetwork {
  readonly name: string;
  readonly owner?: { readonly stack: string; readonly deployment: string };
  /** IPv4 networks with their prefix. */
  readonly subnets: readonly string[];
}

/** What an engine has that matters before anything is created on it. */
export interface EngineSurvey {
  readonly containers: readonly SurveyedContainer[];
  readonly networks: readonly SurveyedNetwork[];
  /** Id of the image that the setting `image` names; undefined when it is not on the engine (yet). */
  readonly imageId?: string;
  /** Why the image cannot be had; undefined when it is on the engine or in its registry. */
  readonly imageProblem?: string;
  readonly host?: HostFacts;
  /** Processes that are no container's, by port; only looked for on an engine of this machine. */
  readonly foreignPorts: ReadonlyMap<number, string>;
}

/** What is on each engine, by its endpoint. */
export type Surveys = ReadonlyMap<string, EngineSurvey>;

export interface SurveyRequest {
  readonly endpoint: string;
  readonly image: string;
  /** Where ports will be published. */
  readonly listeners: readonly { readonly ip: string; readonly port: number }[];
}

/** The engine did not answer; the message says why. */
export class EngineUnreachable extends Error {}

/** The containers of a deployment's data nodes on an engine, whatever their state. */
export const dataNodesOf = (survey: EngineSurvey, stack: string, deployment: string): readonly SurveyedContainer[] =>
  survey.containers.filter(
    ({ owner, kind }) => owner?.stack === stack && owner.deployment === deployment && kind === "data",
  );

/** An engine that does not answer within this time is reported instead of waited for; its socket may hang for ever. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A registry may take longer than the engine itself, above all to say that it is not there. */
const REGISTRY_TIMEOUT_MS = 15_000;

/**
 * Looks at an engine; changes nothing.
 *
 * @throws EngineUnreachable when it does not answer.
 */
export async function surveyEngine(request: SurveyRequest): Promise<EngineSurvey> {
  const engine = await engineClient(request.endpoint, ANSWER_TIMEOUT_MS);
  const [containers, networks, info, image] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listNetworks(),
    engine.info() as Promise<EngineInfo>,
    findImage(request.endpoint, request.image),
  ]).catch((error: unknown) => {
    throw new EngineUnreachable(engineReasonOf(error));
  });
  const published = containers.flatMap((container) => container.Ports);
  const free = request.listeners.filter(({ port }) => !published.some((p) => p.PublicPort === port));
  return {
    containers: containers.map(surveyedContainer),
    networks: networks.map((network) => ({
      name: network.Name,
      owner: ownerOf(labelsOf(network)),
      subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
    })),
    ...image,
    host: hostFacts(request.endpoint, info),
    foreignPorts: await foreignPorts(request.endpoint, free),
  };
}

function surveyedContainer(container: ContainerInfo): SurveyedContainer {
  const labels = labelsOf(container);
  return {
    name: (container.Names[0] ?? container.Id).replace(/^\//, ""),
    state: container.State,
    kind: labels[KIND_LABEL],
    owner: ownerOf(labels),
    ports: container.Ports.filter((port) => port.PublicPort > 0 && port.IP !== "::").map((port) => ({
      ip: port.IP,
      port: port.PublicPort,
    })),
    id: container.Id,
    imageId: container.ImageID,
    health: healthIn(container.Status),
    revision: labels[REVISION_LABEL],
    identity: labels[IDENTITY_LABEL],
  };
}

/** The list of containers has a container's health in its status only: `Up 3 minutes (healthy)`. */
export function healthIn(status: string): Health | undefined {
  const said = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1];
  return said as Health | undefined;
}

async function findImage(
  endpoint: string,
  image: string,
): Promise<{ readonly imageId?: string; readonly imageProblem?: string }> {
  const local = await engineClient(endpoint, ANSWER_TIMEOUT_MS);
  try {
    return { imageId: (await local.getImage(image).inspect()).Id };
  } catch (error) {
    if (statusOf(error) !== 404) {
      throw error;
    }
  }
  try {
    const slow = await engineClient(endpoint, REGISTRY_TIMEOUT_MS);
    await slow.getImage(image).distribution();
    return {};
  } catch (error) {
    return { imageProblem: engineReasonOf(error) };
  }
}

async function foreignPorts(
  endpoint: string,
  listeners: SurveyRequest["listeners"],
): Promise<ReadonlyMap<number, string>> {
  const holders = new Map<number, string>();
  if (endpoint.startsWith("unix:")) {
    await Promise.all(
      listeners.map(async ({ ip, port }) => {
        const holder = await portHolder(ip, port);
        if (holder !== undefined) {
          holders.set(port, holder);
        }
      }),
    );
  }
  return holders;
}

function ownerOf(labels: ReturnType<typeof labelsOf>): SurveyedContainer["owner"] {
  const stack = labels[STACK_LABEL];
  const deployment = labels[DEPLOYMENT_LABEL];
  return stack === undefined || deployment === undefined ? undefined : { stack, deployment };
}
