import type { ContainerInfo } from "dockerode";
import { DEPLOYMENT_LABEL, STACK_LABEL } from "../config/labels";
import type { Problem } from "../config/problems";
import { engineClient } from "./engineClient";
import { engineReasonOf } from "./engineError";
import { PROVIDER } from "./resourceTypes";
import { recordedDeployments, recordedOwner, type RecordedResource } from "./ownership";

/** Bound on one answer: an engine that is gone is reported instead of waited for. */
const ANSWER_MS = 5_000;

/** A deployment whose stack says that it is on another engine than the one that is used now. */
interface Elsewhere {
  readonly deployment: string;
  /** Endpoints of the engines. */
  readonly before: string;
  readonly now: string;
}

/**
 * Refuses to follow `DOCKER_HOST` to another engine than the one that has the deployment: what is there would be forgotten. The same
 * engine may be reached in another way, and one that has nothing of the deployment any more holds nobody back.
 *
 * Only for deployments without the setting `hosts`: a change of that is written down, and meant.
 *
 * @param recorded what the stack's state has.
 * @param now endpoint of the engine that is used without that setting.
 */
export async function refuseOtherEngine(recorded: readonly RecordedResource[], now: string): Promise<Problem[]> {
  const owner = recordedOwner(recorded);
  const found = await Promise.all(elsewhere(recorded, now).map((one) => judge(one, owner)));
  return found.flat();
}

function elsewhere(recorded: readonly RecordedResource[], now: string): readonly Elsewhere[] {
  return [...recordedDeployments(recorded)].flatMap((deployment) => {
    const provider = recorded.find(({ urn, type }) => type === PROVIDER && urn.endsWith(`::${deployment}-local`));
    const before = provider?.outputs.host;
    return typeof before === "string" && before !== now ? [{ deployment, before, now }] : [];
  });
}

async function judge({ deployment, before, now }: Elsewhere, owner: string | undefined): Promise<Problem[]> {
  const problem = (what: string, fix: string): Problem[] => [
    {
      path: "DOCKER_HOST",
      reason: `${what}, and ${now} is another engine; fix: DOCKER_HOST=${before}${fix}, or npm run destroy there first`,
    },
  ];
  try {
    const label = [`${DEPLOYMENT_LABEL}=${deployment}`, ...(owner === undefined ? [] : [`${STACK_LABEL}=${owner}`])];
    const [there, here] = await Promise.all([containersOn(before, label), containersOn(now, label).catch(() => [])]);
    // Not by the engines' own ids, which those of one machine, and of copied ones, may have in common.
    if (there.some(({ Id }) => here.some((other) => other.Id === Id))) {
      return [];
    }
    if (there.length > 0) {
      return problem(`${deployment} is on the engine ${before} (${namesOf(there)})`, "");
    }
    return here.length === 0
      ? []
      : [
          {
            path: "DOCKER_HOST",
            reason: `${deployment} is on the engine ${now} (${namesOf(here)}), but the stack's state says that it is on ${before}, which has nothing of it; fix: npm run adopt`,
          },
        ];
  } catch (error) {
    return problem(
      `${deployment} was deployed on the engine ${before}, which does not answer now (${engineReasonOf(error)})`,
      " once it answers",
    );
  }
}

const namesOf = (containers: readonly ContainerInfo[]): string => {
  const [first = "", ...others] = containers.flatMap(({ Names }) => Names).sort();
  return `${first.slice(1)}${others.length > 0 ? ` and ${others.length} more` : ""}`;
};

async function containersOn(endpoint: string, label: readonly string[]): Promise<readonly ContainerInfo[]> {
  const engine = await engineClient(endpoint, ANSWER_MS);
  return engine.listContainers({ all: true, filters: { label: [...label] } });
}
