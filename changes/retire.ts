import pRetry from "p-retry";
import { failure } from "../config/failure";
import type { DeploymentPlan } from "../config/plan";
import { renderGroupEnv } from "../config/render/groupEnv";
import { reasonOf } from "../config/reason";
import { engineReasonOf } from "../engine/engineError";
import { execInContainer } from "../engine/execInContainer";
import { stopContainer } from "../engine/stopContainer";
import { nodeCommand } from "../node/program";
import type { Contract } from "../outputs/contract";
import { awaitCalm } from "./calm";
import { handOverWithoutSentinels } from "./handOver";
import type { PresentMember } from "./present";
import { tell } from "./tell";

/** Bound on one question to a container, in milliseconds, and how often it is asked. */
const ANSWER_MS = 5_000;
const ANSWER = { retries: 20, factor: 1, minTimeout: 250, maxRetryTime: 10_000 };
/** What a node's health check prints of a server that answers, whatever its role. */
const CLEAR_ANSWER = /^(ok: |unhealthy: (replica of|undecided|loading))/;
/** More than a hand-over gives itself, which is two thirds of the time that a container gets to stop. */
const handoverMs = (plan: DeploymentPlan): number => (plan.settings.stopGraceS + 10) * 1000;

/**
 * Takes the members that leave out of service, ahead of their removal: the master among them hands over to a node that
 * stays, then they are stopped, once those that stay are well: a Sentinel that is stopped or restarted while it carries
 * out a failover leaves replicas that nobody turns to the new master for the next ten seconds.
 *
 * @throws when the role could not be handed over, or those that stay are not well: nothing was stopped then. Or when one
 *   could not be stopped.
 */
export async function retire(
  plan: DeploymentPlan,
  contract: Contract,
  leaving: readonly PresentMember[],
  say: (line: string) => void,
): Promise<void> {
  const running = leaving.filter((member) => member.running);
  const nodes = running.filter(({ kind }) => kind === "data");
  // Told the group without themselves, they look for a successor among those that stay only.
  const group = renderGroupEnv(plan, plan.nodes[0]!);
  await tellLeaving(nodes, group);
  const masters = await Promise.all(nodes.map(async (node) => ((await isMaster(node)) ? [node] : [])));
  for (const master of masters.flat()) {
    await handOver(plan, contract, master, say);
  }
  if (running.length > 0) {
    await awaitCalm(contract, plan.settings.checkTimeoutS * 1000);
  }
  for (const member of [...nodes, ...running.filter(({ kind }) => kind === "sentinel")]) {
    await stop(member, plan.settings.stopGraceS);
    say(`${member.name} is stopped, and will be removed`);
  }
}

/** @throws when one goes on with the group of before: a master among them could hand over to another that leaves. */
async function tellLeaving(nodes: readonly PresentMember[], group: string): Promise<void> {
  const refusals = await Promise.all(nodes.map(({ engine, name }) => tell(engine, name, group)));
  const refused = nodes.flatMap(({ name }, at) => (refusals[at] === undefined ? [] : [{ name, why: refusals[at] }]));
  if (refused.length > 0) {
    const names = refused.map(({ name }) => name).join(" ");
    throw failure(
      `Members would be removed, but do not take the word on who stays; nothing was stopped:\n  ${refused.map(({ name, why }) => `${name}: ${why}`).join("\n  ")}\nSee: npm run status; then run \`npm run up\` again, after \`docker rm -f ${names}\` if they are lost for good.`,
    );
  }
}

/** Minutes may have passed since it was seen running; one that ended meanwhile is as well. */
async function stop({ engine, name }: PresentMember, graceS: number): Promise<void> {
  await stopContainer(engine, name, graceS).catch((error: unknown) => {
    throw failure(
      `${name} is to leave, and could not be stopped (${engineReasonOf(error)}); nobody counts on it any more. Stop it (docker stop ${name}), then run \`npm run up\` again.`,
    );
  });
}

/** Asks until there is a clear answer: a busy master that is taken for none would be stopped without a successor. */
async function isMaster({ engine, name }: PresentMember): Promise<boolean> {
  return pRetry(async () => {
    const { output } = await execInContainer(engine, name, nodeCommand("health"), AbortSignal.timeout(ANSWER_MS));
    if (!CLEAR_ANSWER.test(output)) {
      throw new Error(output.trim());
    }
    return output.trim() === "ok: master";
  }, ANSWER).catch((error: unknown) => {
    throw failure(
      `${name} would be removed, but does not say whether it is the master (${reasonOf(error)}); nothing was stopped. See: npm run status; then run \`npm run up\` again, after \`docker rm -f ${name}\` if it is lost for good.`,
    );
  });
}

async function handOver(
  plan: DeploymentPlan,
  contract: Contract,
  master: PresentMember,
  say: (line: string) => void,
): Promise<void> {
  if (plan.settings.topology === "replication") {
    return handOverWithoutSentinels(plan, contract, master.name, say);
  }
  const bound = AbortSignal.timeout(handoverMs(plan));
  const { output, exitCode } = await execInContainer(master.engine, master.name, nodeCommand("handover"), bound);
  if (exitCode !== 0) {
    throw failure(
      `${master.name} is the master and would be removed, but it could not hand over (${output.trim().split("\n").at(-1) ?? ""}); nothing was stopped. See: npm run status; then run \`npm run up\` again.`,
    );
  }
  say(`${master.name} has handed the master's role over`);
}
