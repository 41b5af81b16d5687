import { failure } from "../config/failure";
import { allMembers, type DeploymentPlan, type MemberPlan } from "../config/plan";
import { renderSecrets, type MemberSecrets } from "../config/render/secrets";
import type { GroupSecrets } from "../config/secrets";
import { hasFile, putFiles } from "../engine/containerFiles";
import { execInContainer, isNotRunning } from "../engine/execInContainer";
import { nodeCommand, SECRETS_DIR } from "../node/program";
import type { Contract } from "../outputs/contract";
import { restartSentinel } from "./restart";

/** Longer than node/secrets.sh waits for its server. */
const APPLY_MS = 60_000;

/**
 * Brings a member the passwords and rights of the users, and has its server accept them. Its own links go on with the
 * passwords of before, until {@link useSecrets}.
 *
 * Does nothing where the member has them; what was interrupted is finished by the next call.
 *
 * @throws when the server refuses them, with its words, or runs and does not answer.
 */
export async function bringSecrets(member: MemberPlan, secrets: MemberSecrets): Promise<void> {
  const { name, engine } = member;
  try {
    if (await hasFile(engine.endpoint, name, `${SECRETS_DIR}/${secrets.term}/accepted`)) {
      return;
    }
    await putFiles(engine.endpoint, name, SECRETS_DIR, `new-${secrets.term}`, secrets.files);
  } catch (error) {
    rethrowUnlessGone(error);
    return;
  }
  await apply(member, "accept", secrets.term);
}

/**
 * Lets the links between the members go over to the passwords and authorities of now, once all members accept them; a
 * Sentinel takes a new certificate only when it starts, so those that have another one are restarted, one by one.
 *
 * @param say gets a line for what was done.
 * @throws when a server refuses that, with its words, or runs and does not answer.
 */
export async function useSecrets(
  plan: DeploymentPlan,
  contract: Contract,
  secrets: GroupSecrets,
  say: (line: string) => void,
): Promise<void> {
  const members = await Promise.all(
    allMembers(plan).map(async (member) => {
      const { term } = renderSecrets(plan, member, secrets);
      const file = `${SECRETS_DIR}/${term}/used`;
      const used = await hasFile(member.engine.endpoint, member.name, file).catch(rethrowUnlessGone);
      return { member, term, used: used !== false };
    }),
  );
  const others = members.filter(({ used }) => !used);
  const sentinels = plan.settings.tls ? others.filter(({ member }) => member.kind === "sentinel") : [];
  for (const { member, term } of sentinels) {
    if ((await apply(member, "shows", term))?.includes("another certificate")) {
      await restartSentinel(contract, member.name, "to show its new certificate");
      say(`${member.name} was restarted to show its new certificate`);
    }
  }
  const done = await Promise.all(others.map(({ member, term }) => apply(member, "use", term)));
  if (done.some((output) => output?.includes("changed"))) {
    say("the members go by the users, passwords and certificates of now");
  }
}

/** @returns what it said; undefined where there is nobody to say it. */
async function apply(
  { name, engine }: MemberPlan,
  step: "accept" | "shows" | "use",
  term: string,
): Promise<string | undefined> {
  const command = [...nodeCommand("secrets"), step, term];
  const run = execInContainer(engine.endpoint, name, command, AbortSignal.timeout(APPLY_MS));
  const done = await run.catch(rethrowUnlessGone);
  if (done !== undefined && done.exitCode !== 0) {
    throw failure(
      `${name} does not take its users and their passwords: ${done.output.trim().split("\n").join("; ")}. Put it right (npm run logs -- ${name}), then run \`npm run up\` again.`,
    );
  }
  return done?.output;
}

function rethrowUnlessGone(error: unknown): undefined {
  if (!isNotRunning(error)) {
    throw error;
  }
}
