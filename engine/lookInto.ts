import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { loadedFiles } from "../config/moduleRules";
import type { DeploymentSettings } from "../config/schema";
import { aclLines } from "../config/users";
import { parseServer, type ServerVersion } from "./dataFormat";
import { engineClient } from "./engineClient";
import { textOf } from "./output";
import { SERVER_USER } from "./serverUser";

/** What an image's server says of itself. */
export interface ImageFacts {
  /** Undefined where the server would not tell. */
  readonly server?: ServerVersion;
  /** Names of the modules that a node of it would load from files. */
  readonly modules: readonly string[];
  /** Why a node of it could not load them, in the server's words. */
  readonly broken?: string;
  /** Users whose rights it does not know, and what it says to them. */
  readonly refused: readonly { readonly user: string; readonly reason: string }[];
}

/** Bound on one request to the engine, and on a look (tried: 0.8 to 1 s). */
const ANSWER_TIMEOUT_MS = 20_000;

/** What images themselves tell, for the nodes of a deployment; each is asked once. */
export class ImageLooks {
  private readonly looks = new Map<string, Promise<ImageFacts | undefined>>();

  constructor(
    private readonly endpoint: string,
    private readonly settings: DeploymentSettings,
  ) {}

  /** @param id undefined for an image that is not on the engine yet. */
  of(id: string | undefined): Promise<ImageFacts | undefined> {
    if (id === undefined) {
      return Promise.resolve(undefined);
    }
    const look =
      this.looks.get(id) ??
      engineClient(this.endpoint, ANSWER_TIMEOUT_MS).then((engine) => lookInto(engine, id, this.settings));
    this.looks.set(id, look);
    return look;
  }
}

/** The same text that a node runs, so that both load the same. */
const moduleScript = readFileSync(join(__dirname, "..", "node", "lib-modules.sh"), "utf8");

/**
 * Starts the server on nothing and has it write an empty file, since only the server knows its format for sure; before
 * that, with its modules and the deployment's users.
 * Bounded: a server that does not come up is given up after 10 s.
 */
const SCRIPT = `cd /tmp || exit
for name in redis valkey; do command -v "$name-server" >/dev/null && break; done
SERVER=$name-server CLIENT=$name-cli
${moduleScript}
"$SERVER" --version
printf '%s\\n' "$LOADMODULE_LINES" >/tmp/lines
printf '%s\\n' "$USER_LINES" >/tmp/users
try_modules /tmp/trial /tmp/lines /tmp/users
"$SERVER" --port 0 --unixsocket /tmp/socket --save '' --appendonly no >/dev/null &
tries=0
until "$CLIENT" -s /tmp/socket SAVE >/dev/null 2>&1 || [ "$tries" = 200 ]; do tries=$((tries + 1)) && sleep 0.05; done
head -c 9 dump.rdb`;

/** A server could be seen in the container's environment, so there is nothing secret in it: rights without passwords. */
const environmentOf = (settings: DeploymentSettings): string[] => [
  `MODULES=${settings.modules ? "yes" : "no"}`,
  `LOADMODULE_LINES=${loadedFiles(settings)
    .map((file) => `loadmodule ${file}`)
    .join("\n")}`,
  `USER_LINES=${aclLines(settings, "data", {}).join("\n")}`,
];

/**
 * Runs the server of an image for a moment, in a container without network and volumes that is removed afterwards, also
 * when this process is killed.
 *
 * @param image its id; it must be on the engine.
 * @returns undefined when there is no Redis or Valkey in it that would tell.
 */
export async function lookInto(
  engine: Docker,
  image: string,
  settings: DeploymentSettings,
): Promise<ImageFacts | undefined> {
  const options: Docker.ContainerCreateOptions = {
    Image: image,
    Entrypoint: ["/bin/sh", "-c", SCRIPT],
    Cmd: [],
    Env: environmentOf(settings),
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
    return parseLook(await textOf(stream));
  } catch {
    return undefined;
  } finally {
    await container.remove({ force: true }).catch(() => undefined);
  }
}

/** What the script printed; undefined when that is no server's. */
export function parseLook(text: string): ImageFacts | undefined {
  const said = text.trim().split("\n");
  const of = (word: string) =>
    said.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const server = parseServer(said[0] ?? "", said.at(-1) ?? "");
  if (server === undefined) {
    return undefined;
  }
  return {
    server,
    modules: of("module"),
    broken: of("broken")[0],
    refused: of("refused").map((line) => {
      const [user = "", ...reason] = line.split(" ");
      return { user, reason: reason.join(" ") };
    }),
  };
}
