import { failure } from "../config/failure";
import { allMembers, type DeploymentPlan } from "../config/plan";
import { renderGroupEnv } from "../config/render/groupEnv";
import { engineReasonOf } from "../engine/engineError";
import { execInContainer, isNotRunning, type Executed } from "../engine/execInContainer";
import { nodeCommand } from "../node/program";

/** Runs a command in a member's container; rejects when the container does not run. */
export type RunInMember = (
  engine: string,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
) => Promise<Executed>;

/** Longer than a server may take for a change of its append-only file, or of much memory (node/settings.sh). */
const TELL_MS = 60_000;

/**
 * Tells every running member of a plan the plan's word on its group, which it keeps for its next starts too.
 *
 * @param ids the fixed id of each Sentinel, by its name.
 * @throws when a server refuses a setting, or runs and does not answer: what it refused, and where.
 */
export async function tellMembers(
  plan: DeploymentPlan,
  ids: Readonly<Record<string, string>>,
  run: RunInMember = execInContainer,
): Promise<void> {
  const members = allMembers(plan);
  const refusals = await Promise.all(
    members.map((member) => tell(member.engine.endpoint, member.name, renderGroupEnv(plan, member, ids), run)),
  );
  const refused = refusals.flatMap((refusal, at) =>
    refusal === undefined ? [] : [`${members[at]!.name}: ${refusal}`],
  );
  if (refused.length > 0) {
    throw failure(
      `Not every server takes the changed settings; the others have them, and none was restarted:\n  ${refused.join("\n  ")}\nCorrect the setting (pulumi config set), then run \`npm run up\` again.`,
    );
  }
}

/** Tells one member; the reason when it refuses. */
export async function tell(
  engine: string,
  container: string,
  group: string,
  run: RunInMember = execInContainer,
): Promise<string | undefined> {
  try {
    const bound = AbortSignal.timeout(TELL_MS);
    const { output, exitCode } = await run(engine, container, [...nodeCommand("settings"), group], bound);
    return exitCode === 0 ? undefined : output.trim().split("\n").join("; ");
  } catch (error) {
    return isNotRunning(error) ? undefined : engineReasonOf(error);
  }
}
