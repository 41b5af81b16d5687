import { needsModules } from "../config/moduleRules";
import type { DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import { reasonOf } from "../config/reason";
import { nodeCommand } from "../node/program";
import { engineClient } from "./engineClient";
import { execInContainer } from "./execInContainer";
import type { ImageFacts, ImageLooks } from "./lookInto";
import { nameOf } from "./serverVersion";
import { dataNodesOf, type EngineSurvey } from "./survey";

/** Bound on asking a node what it has loaded. */
const LIST_MS = 10_000;
/** Bound on looking through a node's data (tried: 3 s of one processor core for a million keys). */
const DATA_MS = 300_000;

/** What a running data node has of modules. */
export interface NodeModules {
  readonly node: string;
  /** The image that it runs, as a person names it. */
  readonly image: string;
  /** Modules that its server has loaded from files. */
  readonly loaded: readonly string[];
  /** What of its data only a module can load: names of types. Undefined when it could not be looked through. */
  readonly types?: readonly string[];
}

/**
 * Refuses an image, or `modules: false`, without the modules whose data the deployment has; and users whose rights the
 * image's server does not know.
 *
 * Costs nothing when the deployment keeps its image, has its modules loaded, and no user has a module's category.
 *
 * @param stackLabel value of the label of the containers that are looked at.
 */
export async function refuseModules(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  stackLabel: string,
  looks: ImageLooks,
): Promise<Problem[]> {
  const { image, modules } = plan.settings;
  const nodes = dataNodesOf(survey, stackLabel, plan.name);
  const changesImage = nodes.some(({ imageId }) => imageId !== survey.imageId);
  if (!changesImage && modules && !needsModules(plan.settings)) {
    return [];
  }
  const running = nodes.filter(({ state }) => state === "running");
  const lists = changesImage || !modules ? await Promise.all(running.map(({ name }) => loadedOn(endpoint, name))) : [];
  const loaded = lists.flat().length > 0;
  if (!changesImage && !loaded && !needsModules(plan.settings)) {
    return [];
  }
  const asked = await looks.of(survey.imageId);
  if (asked === undefined) {
    return [];
  }
  // Its data is the others', too; the last one is most likely no master.
  const index = lists.findLastIndex((loaded) => missingIn(asked, loaded).length > 0);
  const owner = running[index];
  const lost =
    owner === undefined
      ? []
      : [
          {
            node: owner.name,
            image: await nameOf(await engineClient(endpoint, LIST_MS), owner.imageId),
            loaded: lists[index]!,
            types: await typesOn(endpoint, owner.name),
          },
        ];
  return judgeModules({ image, modules }, asked, lost);
}

async function loadedOn(endpoint: string, node: string): Promise<readonly string[]> {
  // A program of before modules were loaded does not know the word, and a node that is just stopping does not answer.
  return (await linesOf(endpoint, node, "list", LIST_MS).catch(() => undefined)) ?? [];
}

async function typesOn(endpoint: string, node: string): Promise<readonly string[] | undefined> {
  return linesOf(endpoint, node, "data", DATA_MS).catch(() => undefined);
}

async function linesOf(endpoint: string, node: string, what: string, boundMs: number): Promise<readonly string[]> {
  const command = [...nodeCommand("modules"), what];
  const { output, exitCode } = await execInContainer(endpoint, node, command, AbortSignal.timeout(boundMs));
  if (exitCode !== 0) {
    throw new Error(reasonOf(output));
  }
  return output.split("\n").filter((line) => line !== "");
}

const missingIn = (asked: ImageFacts, loaded: readonly string[]): readonly string[] =>
  loaded.filter((name) => !asked.modules.includes(name));

/** Which modules load a type of key, or an index, under the names of Redis's and of Valkey's. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "ReJSON-RL": ["ReJSON", "json"],
  "TSDB-TYPE": ["timeseries"],
  "MBbloom--": ["bf"],
  MBbloomCF: ["bf"],
  "CMSk-TYPE": ["bf"],
  "TopK-TYPE": ["bf"],
  "TDIS-TYPE": ["bf"],
  bloomfltr: ["bf"],
  search_number_of_indexes: ["search"],
};

/** What a person calls it. */
const typeText = (type: string): string =>
  type === "search_number_of_indexes" ? "a search index" : `keys of the type ${type}`;

/** What the settings ask for. */
export interface AskedModules {
  readonly image: string;
  readonly modules: boolean;
}

/**
 * Whether an image's server has what the data and the users need; pure.
 *
 * @param lost nodes with modules that the image does not load, and what of their data is a module's.
 */
export function judgeModules(settings: AskedModules, asked: ImageFacts, lost: readonly NodeModules[]): Problem[] {
  const { image, modules } = settings;
  // What cannot be loaded is not in the list, and the cause of all else.
  if (asked.broken !== undefined) {
    const reason = `${image} brings a module that its server cannot load (${asked.broken}), so no node of it would start; fix: pulumi config set modules false, or take another image`;
    return [{ path: "image", reason }];
  }
  const problems = asked.refused.map(({ user, reason }) => ({
    path: user === "app" || user === "default" ? "image" : "users",
    reason: `the server of ${image} does not know the rights of the user ${user} (${reason}), so no node of it would start; fix: change the user's commands, or take an image with the module that brings them`,
  }));
  for (const node of lost) {
    const missing = missingIn(asked, node.loaded);
    const types = node.types?.filter((type) => (OWNERS[type] ?? missing).some((name) => missing.includes(name)));
    if (types?.length === 0) {
      continue;
    }
    const what =
      types === undefined ? "its data could not be looked through" : `it has ${types.map(typeText).join(", ")}`;
    const without = modules ? `${image} does not bring` : "modules is false, and so it would not load";
    const back = `pulumi config set ${modules ? `image ${node.image}` : "modules true"}`;
    const reason = `${without} the module ${missing.join(", ")}, which ${node.node} has loaded, and ${what}, which no server without the module can load; fix: ${back}, or delete that data first (docs/upgrade.md)`;
    problems.push({ path: modules ? "image" : "modules", reason });
  }
  return problems;
}
