import { failure } from "../config/failure";
import { allMembers, type DeploymentPlan, type MemberPlan } from "../config/plan";
import { renderSecrets, type MemberSecrets } from "../config/render/secrets";
import type { UserPasswords } from "../config/users";
import { hasFile, putFiles } from "../engine/containerFiles";
import { execInContainer } from "../engine/execInContainer";
import { nodeCommand, SECRETS_DIR } from "../node/program";

/** Longer than node/secrets.sh waits for its server. */
const APPLY_MS = 60_000;

/** A container that does not run, or is none; the checks say so, and what to do. */
const NOT_RUNNING = /is not running|is paused|is restarting|No such container/i;

/**
 * Brings a member the passwords and rights of the users, and has its server accept them. Its own links go on with the
 * passwords of before, until {@link useSecrets}.
 *
 * Does nothing where the member has them; what was interrupted is finished by the next call.
 *
 * @throws when the server refuses them, with its words.
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
 * Lets the links between the members go over to the passwords of now, once all members accept them.
 *
 * @param say gets a line if there was something to do.
 * @throws when a server refuses that, with its words.
 */
export async function useSecrets(
  plan: DeploymentPlan,
  passwords: UserPasswords,
  say: (line: string) => void,
): Promise<void> {
  const used = await Promise.all(
    allMembers(plan).map(async (member) => {
      const { term } = renderSecrets(plan, member, passwords);
      const file = `${SECRETS_DIR}/${term}/used`;
      const has = await hasFile(member.engine.endpoint, member.name, file).catch(rethrowUnlessGone);
      return has !== false || apply(member, "use", term);
    }),
  );
  if (used.includes(false)) {
    say("the members use the changed passwords; none was restarted for them");
  }
}

/** @returns false, for whoever wants to know that something was done. */
async function apply({ name, engine }: MemberPlan, step: "accept" | "use", term: string): Promise<boolean> {
  const command = [...nodeCommand("secrets"), step, term];
  const run = execInContainer(engine.endpoint, name, command, AbortSignal.timeout(APPLY_MS));
  const done = await run.catch(rethrowUnlessGone);
  if (done !== undefined && done.exitCode !== 0) {
    throw failure(
      `${name} does not take its users and their passwords: ${done.output.trim().split("\n").join("; ")}. Put it right (npm run logs -- ${name}), then run \`npm run up\` again.`,
    );
  }
  return false;
}

function rethrowUnlessGone(error: unknown): undefined {
  if (!NOT_RUNNING.test(error instanceof Error ? error.message : String(error))) {
    throw error;
  }
}
