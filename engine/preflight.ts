import { allMembers, type DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import { judgeHost } from "./judgeHost";
import { judgeSurvey } from "./judgeSurvey";
import { ImageLooks } from "./lookInto";
import { refuseModules } from "./modules";
import { refuseUnreadableData } from "./serverVersion";
import { refuseOtherEngine } from "./otherEngine";
import { ownerOf, recordedContainers, type RecordedResource } from "./ownership";
import { EngineUnreachable, surveyEngine, type EngineSurvey, type Surveys } from "./survey";

/** What a look at the engines brought. */
export interface Preflight {
  readonly problems: readonly Problem[];
  /** What the engines of each deployment have, by its name: whatever replaces containers starts from that. */
  readonly surveys: ReadonlyMap<string, Surveys>;
  /** Value of the label `redis-on-docker.stack` on all that is the stack's. */
  readonly owner: string;
}

/** The stack that asks. */
export interface Stack {
  /** `project/stack` */
  readonly identity: string;
  /** What its state has; undefined where that cannot be known. */
  readonly recorded: readonly RecordedResource[] | undefined;
  /** Endpoint of the engine that is used without the setting `hosts`. */
  readonly engine: string;
}

/**
 * Looks at every engine of the plans, before anything is created, for what would stop the deployment half-way.
 */
export async function preflight(plans: readonly DeploymentPlan[], stack: Stack): Promise<Preflight> {
  const { identity, recorded } = stack;
  const [looks, elsewhere] = await Promise.all([
    Promise.all(plans.map(lookForPlan)),
    refuseOtherEngine(recorded ?? [], stack.engine),
  ]);
  const surveys = new Map(plans.map(({ name }, index) => [name, looks[index]!.surveys]));
  const owner = ownerOf(recorded, [...surveys.values()], plans, identity);
  const unreachable = looks.flatMap(({ problems }) => problems);
  if (elsewhere.length > 0) {
    // What this engine lacks, or has, is of no interest then.
    return { problems: elsewhere, surveys, owner };
  }
  const asking = { owner, recorded: recorded && recordedContainers(recorded) };
  const found = await Promise.all(
    plans.flatMap((plan) =>
      [...surveys.get(plan.name)!].map(async ([endpoint, survey]): Promise<readonly Problem[]> => {
        const problems = [...judgeSurvey(plan, endpoint, survey, asking), ...judgeHost(plan, endpoint, survey)];
        return problems.length > 0 ? problems : await refuseImage(plan, endpoint, survey, owner);
      }),
    ),
  );
  return { problems: [...unreachable, ...found.flat()], surveys, owner };
}

async function lookForPlan(
  plan: DeploymentPlan,
): Promise<{ readonly problems: readonly Problem[]; readonly surveys: Surveys }> {
  const surveys = new Map<string, EngineSurvey>();
  const engines = new Map(allMembers(plan).map(({ engine }) => [engine.endpoint, engine.name] as const));
  const problems = await Promise.all(
    [...engines].map(async ([endpoint, name]): Promise<readonly Problem[]> => {
      const listeners = allMembers(plan)
        .filter(({ engine }) => engine.endpoint === endpoint)
        .map(({ bindAddress, hostPort }) => ({ ip: bindAddress, port: hostPort }));
      try {
        surveys.set(endpoint, await surveyEngine({ endpoint, image: plan.settings.image, listeners }));
        return [];
      } catch (error) {
        if (!(error instanceof EngineUnreachable)) {
          throw error;
        }
        const reason = `the Docker engine at ${endpoint} does not answer (${error.message}); start it (\`npm run up\` starts one on Debian and Ubuntu, elsewhere \`systemctl start docker\`), or name another with DOCKER_HOST or the setting hosts`;
        return [{ path: plan.settings.hosts.length === 0 ? "hosts" : `hosts (${name})`, reason }];
      }
    }),
  );
  return { problems: problems.flat(), surveys };
}

/** What the image cannot do for the deployment that runs, or for its users. */
async function refuseImage(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  owner: string,
): Promise<Problem[]> {
  const looks = new ImageLooks(endpoint, plan.settings);
  const unreadable = await refuseUnreadableData(plan, endpoint, survey, owner, looks);
  return unreadable.length > 0 ? unreadable : refuseModules(plan, endpoint, survey, owner, looks);
}
