import type Docker from "dockerode";
import type { DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import { formatText, reads, serverOfTag, serverText, type ServerVersion } from "./dataFormat";
import { engineClient } from "./engineClient";
import type { ImageLooks } from "./lookInto";
import { dataNodesOf, type EngineSurvey } from "./survey";

/** Bound on one request to the engine. */
const ANSWER_TIMEOUT_MS = 20_000;

/** An image that data nodes of a deployment run now. */
export interface RunningImage {
  /** A data node that runs it. */
  readonly node: string;
  /** As a person names it. */
  readonly image: string;
  /** Undefined when the image does not tell. */
  readonly server: ServerVersion | undefined;
}

/**
 * Refuses an image whose server cannot read the data that the one running now has written.
 *
 * Costs nothing when the deployment is new or keeps its image.
 *
 * @param owner value of the label of the containers that are looked at.
 */
export async function refuseUnreadableData(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  owner: string,
  looks: ImageLooks,
): Promise<Problem[]> {
  const { image } = plan.settings;
  const others = new Map(
    dataNodesOf(survey, owner, plan.name)
      .filter(({ imageId }) => imageId !== survey.imageId)
      .map(({ imageId, name }) => [imageId, name] as const),
  );
  if (others.size === 0) {
    return [];
  }
  const engine = await engineClient(endpoint, ANSWER_TIMEOUT_MS);
  const [asked, ...running] = await Promise.all([
    serverIn(looks, survey.imageId, image),
    ...[...others].map(async ([id, node]): Promise<RunningImage> => {
      const name = await nameOf(engine, id);
      return { node, image: name, server: await serverIn(looks, id, name) };
    }),
  ]);
  return judgeImage(image, asked, running);
}

/** What an image itself tells, else its name: it may not be on the engine yet, or be too slow on a busy one. */
async function serverIn(looks: ImageLooks, id: string | undefined, name: string): Promise<ServerVersion | undefined> {
  return (await looks.of(id))?.server ?? serverOfTag(name);
}

/** Whether the data that is there can be read by another image's server; pure. What does not tell is let through. */
export function judgeImage(
  image: string,
  asked: ServerVersion | undefined,
  running: readonly RunningImage[],
): Problem[] {
  const unreadable = running.find(({ server }) => server && asked && !reads(asked, server.format));
  if (unreadable?.server === undefined || asked === undefined) {
    return [];
  }
  const { node, server } = unreadable;
  const reason = `${image} is ${serverText(asked)}, which reads data files up to ${formatText(asked.format)}, but ${node} runs ${serverText(server)} and writes ${formatText(server.format)}, which it could not read; fix: pulumi config set image ${unreadable.image}, or deploy ${image} under another name and copy the data over (docs/upgrade.md)`;
  return [{ path: "image", reason }];
}

/** An image's name, as a person knows it; its id where it has none any more. */
export async function nameOf(engine: Docker, id: string): Promise<string> {
  const { RepoTags: tags } = await engine
    .getImage(id)
    .inspect()
    .catch(() => ({ RepoTags: [] as string[] }));
  return tags[0] ?? id;
}
