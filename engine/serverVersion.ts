import type Docker from "dockerode";
import type { DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import { formatText, parseServer, reads, serverOfTag, serverText, type ServerVersion } from "./dataFormat";
import { engineClient } from "./engineClient";
import { textOf } from "./output";
import { SERVER_USER } from "./serverUser";
import type { EngineSurvey } from "./survey";

/** Bound on one request to the engine, and on a look into an image (tried: 0.8 to 1 s). */
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
 * @param stack `project/stack`, whose containers alone are looked at.
 */
export async function refuseUnreadableData(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  stack: string,
): Promise<Problem[]> {
  const { image } = plan.settings;
  const others = new Map(
    survey.containers
      .filter(({ owner, kind }) => owner?.stack === stack && owner.deployment === plan.name && kind === "data")
      .filter(({ imageId }) => imageId !== survey.imageId)
      .map(({ imageId, name }) => [imageId, name] as const),
  );
  if (others.size === 0) {
    return [];
  }
  const engine = await engineClient(endpoint, ANSWER_TIMEOUT_MS);
  const [asked, ...running] = await Promise.all([
    serverIn(engine, survey.imageId, image),
    ...[...others].map(async ([id, node]): Promise<RunningImage> => {
      const name = await nameOf(engine, id);
      return { node, image: name, server: await serverIn(engine, id, name) };
    }),
  ]);
  return judgeImage(image, asked, running);
}

/** What an image itself tells, else its name: it may not be on the engine yet, or be too slow on a busy one. */
async function serverIn(engine: Docker, id: string | undefined, name: string): Promise<ServerVersion | undefined> {
  return (id === undefined ? undefined : await lookInto(engine, id)) ?? serverOfTag(name);
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

async function nameOf(engine: Docker, id: string): Promise<string> {
  const { RepoTags: tags } = await engine
    .getImage(id)
    .inspect()
    .catch(() => ({ RepoTags: [] as string[] }));
  return tags[0] ?? id;
}

/**
 * Starts the server on nothing and has it write an empty file, since only the server knows its format for sure.
 * Bounded: a server that does not come up is given up after 10 s.
 */
const SCRIPT = `cd /tmp || exit
for name in redis valkey; do command -v "$name-server" >/dev/null && break; done
"$name-server" --version
"$name-server" --port 0 --unixsocket /tmp/socket --save '' --appendonly no >/dev/null &
tries=0
until "$name-cli" -s /tmp/socket SAVE >/dev/null 2>&1 || [ "$tries" = 200 ]; do tries=$((tries + 1)) && sleep 0.05; done
head -c 9 dump.rdb`;

/**
 * Runs the server of an image for a moment, in a container without network and volumes that is removed afterwards, also
 * when this process is killed.
 *
 * @param image its id; it must be on the engine.
 * @returns undefined when there is no Redis or Valkey in it that would tell.
 */
export async function lookInto(engine: Docker, image: string): Promise<ServerVersion | undefined> {
  const options: Docker.ContainerCreateOptions = {
    Image: image,
    Entrypoint: ["/bin/sh", "-c", SCRIPT],
    Cmd: [],
    User: SERVER_USER,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: "none",
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "mode=1777" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
    },
  };
  const container = await engine.createContainer(options).catch(() => undefined);
  if (container === undefined) {
    return undefined;
  }
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const said = (await textOf(stream)).trim().split("\n");
    return parseServer(said[0] ?? "", said.at(-1) ?? "");
  } catch {
    return undefined;
  } finally {
    await container.remove({ force: true }).catch(() => undefined);
  }
}
