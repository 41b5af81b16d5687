import { say } from "../announce";
import { confirm } from "../ask";
import { takeOver } from "../adopt";
import { exportRaw, exportState, hasResources, stateOf } from "../exportedState";
import { removeHalfMade } from "../halfMade";
import { lostVolumes, remakeVolumes } from "../lostVolumes";
import { refuseNeighbours } from "../neighbours";
import { runPulumi } from "../pulumi";
import { agreedTo } from "../secondLook";
import { requireStack } from "../stack";
import { EXIT, UserError } from "../../config/userError";
import { destroyText, emptyText, leftoverText, volumesOf } from "../volumes";

export interface DestroyOptions {
  readonly stack: string;
  readonly yes?: boolean;
  /** Remove the stack as well, with its history; its settings file stays. */
  readonly removeStack?: boolean;
  /** Further options for pulumi. */
  readonly args: readonly string[];
}

/** `npm run destroy`: what `pulumi destroy` does, but protected data volumes do not stop it; they stay. */
export async function destroy({ stack, yes, removeStack, args }: DestroyOptions): Promise<number> {
  await requireStack(stack);
  const removed = await agreedTo({
    what: `What becomes of the data of stack "${stack}"`,
    look: async () => {
      const state = await exportState(stack);
      await refuseNeighbours(state);
      return { isEmpty: !hasResources(state), volumes: volumesOf(state) };
    },
    show: ({ isEmpty, volumes }) => say(isEmpty ? emptyText(stack) : destroyText(stack, volumes)),
    ask: yes ? undefined : () => confirm(`Destroy stack "${stack}"?`),
  });
  if (removed === undefined) {
    say("Nothing was changed.");
    return EXIT.failed;
  }
  const { volumes } = removed;
  // What was removed by hand stops the refresh, and what another tool made anew would stay.
  await remakeVolumes(await lostVolumes(stateOf(await takeOver(stack, await exportRaw(stack)))));
  // It would hold on to its network.
  await removeHalfMade(stack, say);
  const isProtected = volumes.some(({ fate }) => fate === "protected");
  // Only where there is something protected: the option keeps what the protected ones depend on as well.
  const exclude = isProtected ? ["--exclude-protected"] : [];
  const exitCode = await runPulumi([
    "destroy",
    "--yes",
    "--skip-preview",
    // Without it, what was removed by hand stops it.
    "--refresh",
    "--suppress-outputs",
    "--stack",
    stack,
    ...exclude,
    ...args,
  ]);
  if (exitCode !== 0) {
    return exitCode;
  }
  const leftover = leftoverText(stack, volumes);
  process.stdout.write(leftover === "" ? "" : `${leftover}\n`);
  if (!removeStack) {
    if (!isProtected) {
      say(`The stack itself, with its history, goes with: npm run destroy -- ${stack} --remove-stack`);
    }
    return EXIT.ok;
  }
  if (isProtected) {
    throw new UserError(`Stack "${stack}" is not removed: it still holds the protected volumes.`);
  }
  return runPulumi(["stack", "rm", "--yes", "--preserve-config", "--stack", stack]);
}
