import { overlap } from "../config/addresses";
import { allMembers, type DeploymentPlan } from "../config/plan";
import type { Problem } from "../config/problems";
import type { EngineSurvey, SurveyedContainer } from "./survey";

/** Who asks, as far as an engine can tell. */
export interface Asking {
  /** Value of the label that the stack's own things carry. */
  readonly owner: string;
  /** Ids of the containers that the stack's state has; undefined where it cannot be known. */
  readonly recorded?: ReadonlySet<string>;
}

/** What on an engine is in the way of a deployment; pure. */
export function judgeSurvey(
  plan: DeploymentPlan,
  endpoint: string,
  survey: EngineSurvey,
  { owner: stack, recorded }: Asking,
): Problem[] {
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
    const stray = survey.containers.find(
      (container) => isOwn(container) && container.name === member.name && recorded?.has(container.id) === false,
    );
    if (stray !== undefined) {
      const reason = `the container ${stray.name} on ${endpoint} is this deployment's, but not the one that the stack's state has, since another tool made it anew or the state is not of now; fix: npm run adopt, which takes it over (\`npm run up\` does so, too)`;
      problems.push({ path: "name", reason });
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
