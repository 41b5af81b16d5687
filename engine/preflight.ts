import { overlap } from "../config/addresses";
import { allMembers, type DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import { judgeHost } from "./judgeHost";
import { ImageLooks } from "./lookInto";
import { refuseModules } from "./modules";
import { refuseUnreadableData } from "./serverVersion";
import { EngineUnreachable, surveyEngine, type EngineSurvey, type SurveyedContainer, type Surveys } from "./survey";

/** What a look at the engines brought. */
export interface Preflight {
  readonly problems: readonly Problem[];
  /** What the engines of each deployment have, by its name: whatever replaces containers starts from that. */
  readonly surveys: ReadonlyMap<string, Surveys>;
}

/**
 * Looks at every engine of the plans, before anything is created, for what would stop the deployment half-way.
 *
 * @param stack `project/stack`; what carries its label is the stack's own and not in the way.
 */
export async function preflight(plans: readonly DeploymentPlan[], stack: string): Promise<Preflight> {
  const found = await Promise.all(plans.map((plan) => preflightPlan(plan, stack)));
  return {
    problems: found.flatMap(({ problems }) => problems),
    surveys: new Map(plans.map(({ name }, index) => [name, found[index]!.surveys])),
  };
}

async function preflightPlan(
  plan: DeploymentPlan,
  stack: string,
): Promise<{ problems: readonly Problem[]; surveys: Surveys }> {
  const surveys = new Map<string, EngineSurvey>();
  const engines = new Map(allMembers(plan).map(({ engine }) => [engine.endpoint, engine.name] as const));
  const found = await Promise.all(
    [...engines].map(async ([endpoint, name]): Promise<Problem[]> => {
      const listeners = allMembers(plan)
        .filter(({ engine }) => engine.endpoint === endpoint)
        .map(({ bindAddress, hostPort }) => ({ ip: bindAddress, port: hostPort }));
      try {
        const survey = await surveyEngine({ endpoint, image: plan.settings.image, listeners });
        surveys.set(endpoint, survey);
        const problems = [...judgeSurvey(plan, endpoint, survey, stack), ...judgeHost(plan, endpoint, survey)];
        return problems.length > 0 ? problems : await refuseImage(plan, endpoint, survey, stack);
      } catch (error) {
        if (!(error instanceof EngineUnreachable)) {
          throw error;
        }
        const reason = `the Docker engine at ${endpoint} does not answer (${error.message}); start it (\`npm run up\` starts one on Debian and Ubuntu, elsewhere \`systemctl start docker\`), or name another with DOCKER_HOST or the setting hosts`;
        return [{ path: plan.settings.hosts.length === 0 ? "hosts" : `hosts (${name})`, reason }];
      }
    }),
  );
  return { problems: found.flat(), surveys };
}

/** What the image cannot do for the deployment that runs, or for its users. */
async function refuseImage(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  stack: string,
): Promise<Problem[]> {
  const looks = new ImageLooks(endpoint, plan.settings);
  const unreadable = await refuseUnreadableData(plan, endpoint, survey, stack, looks);
  return unreadable.length > 0 ? unreadable : refuseModules(plan, endpoint, survey, stack, looks);
}

/** What on an engine is in the way of a deployment; pure. */
export function judgeSurvey(plan: DeploymentPlan, endpoint: string, survey: EngineSurvey, stack: string): Problem[] {
  const isOwn = (thing: { owner?: { stack: string; deployment: string } }) => thing.owner?.stack === stack;
  const owner = (thing: { owner?: { stack: string; deployment: string } }) =>
    thing.owner === undefined ? "" : ` of deployment ${thing.owner.deployment} in stack ${thing.owner.stack}`;
  const foreign = survey.containers.filter((container) => !isOwn(container));
  const problems: Problem[] = [];

  for (const member of allMembers(plan).filter(({ engine }) => engine.endpoint === endpoint)) {
    const portSetting = member.kind === "data" ? "redisPort" : "sentinelPort";
    const changePort = `fix: stop it, or pulumi config set ${portSetting} PORT`;
    const namesake = foreign.find(({ name }) => name === member.name);
    if (namesake !== undefined) {
      const rename = "pulumi config set name NAME";
      // What another stack deployed is nothing to remove: it is most likely in use.
      const fix = namesake.owner === undefined ? `fix: docker rm -f ${namesake.name}, or ${rename}` : `fix: ${rename}`;
      problems.push({
        path: "name",
        reason: `there is already a container ${member.name}${owner(namesake)} on ${endpoint}; ${fix}`,
      });
    }
    const occupant = survey.containers
      .filter((container) => isOwn(container) && container.name !== member.name)
      .find(({ ports }) => ports.some((p) => p.port === member.hostPort && sameAddress(p.ip, member.bindAddress)));
    if (occupant !== undefined) {
      const stays = allMembers(plan).some(({ name }) => name === occupant.name);
      const fix = stays
        ? `it moves only when it is replaced itself; fix: pulumi config set ${portSetting} PORT, so that the new ports do not overlap the present ones`
        : "which the settings no longer name, since members cannot be renamed while they run; fix: go back to the old name, or npm run destroy first";
      const reason = `port ${member.hostPort} of ${member.name} is held on ${endpoint} by this stack's own ${occupant.name}, ${fix}`;
      problems.push({ path: stays ? portSetting : "name", reason });
    }
    const holder = foreign.find(({ ports }) =>
      ports.some((p) => p.port === member.hostPort && sameAddress(p.ip, member.bindAddress)),
    );
    const process = survey.foreignPorts.get(member.hostPort);
    if (holder !== undefined) {
      const reason = `port ${member.hostPort} of ${member.name} is taken on ${endpoint} by the container ${holder.name}${owner(holder)}; ${changePort}`;
      problems.push({ path: portSetting, reason });
    } else if (process !== undefined && !survey.containers.some((c) => isOwn(c) && holdsItsPort(c, member.name))) {
      problems.push({
        path: portSetting,
        reason: `port ${member.hostPort} of ${member.name} is taken on ${endpoint} by ${process}; ${changePort}`,
      });
    }
  }
  for (const planned of plan.networks.filter(({ engine }) => engine.endpoint === endpoint)) {
    const own = survey.networks.find((network) => isOwn(network) && network.name === planned.name);
    const current = own?.subnets[0];
    if (current !== undefined && !own!.subnets.includes(planned.subnet)) {
      const reason = `the network ${planned.name} has ${current} and cannot become ${planned.subnet} while containers are on it; fix: pulumi config set subnet ${current} to keep it, or npm run destroy first`;
      problems.push({ path: "subnet", reason });
    }
    for (const other of survey.networks.filter((network) => !isOwn(network))) {
      if (other.name === planned.name) {
        const fix = `fix: docker network rm ${other.name}, or pulumi config set name NAME`;
        problems.push({
          path: "name",
          reason: `there is already a network ${other.name}${owner(other)} on ${endpoint}; ${fix}`,
        });
      }
      const overlapping = other.subnets.find((subnet) => overlap(subnet, planned.subnet));
      if (overlapping !== undefined) {
        const reason = `${planned.subnet} overlaps ${overlapping} of the network ${other.name}${owner(other)} on ${endpoint}; fix: pulumi config set subnet 10.77.0.0/24, or another free one`;
        problems.push({ path: "subnet", reason });
      }
    }
  }
  if (survey.imageProblem !== undefined) {
    const reason = `${plan.settings.image} is not on ${endpoint} and cannot be pulled (${survey.imageProblem}); fix: npm run image -- ${plan.settings.image} says whether it can be built, or docker load it there, or pulumi config set image IMAGE`;
    problems.push({ path: "image", reason });
  }
  return problems;
}

/**
 * A container that restarts has its ports now and then: the list may show it without them, and a moment later they are
 * taken, by itself.
 */
function holdsItsPort({ name, state }: SurveyedContainer, member: string): boolean {
  return name === member && (state === "running" || state === "restarting");
}

function sameAddress(a: string, b: string): boolean {
  return a === b || a === "0.0.0.0" || b === "0.0.0.0";
}
