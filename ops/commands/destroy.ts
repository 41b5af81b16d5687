import { confirm } from "../ask";
import { askPulumi, runPulumi } from "../pulumi";
import { pulumiReason, requireStack } from "../stack";
import { EXIT, UserError } from "../userError";
import { destroyText, leftoverText, volumesOf, type StackVolume } from "../volumes";

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
  const volumes = await readVolumes(stack);
  process.stderr.write(`${destroyText(stack, volumes)}\n`);
  if (!yes && !(await confirm(`Destroy stack "${stack}"?`))) {
    process.stderr.write("Nothing was changed.\n");
    return EXIT.failed;
  }
  const isProtected = volumes.some(({ fate }) => fate === "protected");
  // Only where there is something protected: the option keeps what the protected ones depend on as well.
  const exclude = isProtected ? ["--exclude-protected"] : [];
  const exitCode = await runPulumi([
    "destroy",
    "--yes",
    "--skip-preview",
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
    return EXIT.ok;
  }
  if (isProtected) {
    throw new UserError(`Stack "${stack}" is not removed: it still holds the protected volumes.`);
  }
  return runPulumi(["stack", "rm", "--yes", "--preserve-config", "--stack", stack]);
}

async function readVolumes(stack: string): Promise<StackVolume[]> {
  const result = await askPulumi(["stack", "export", "--stack", stack]);
  if (result.exitCode !== 0) {
    throw new UserError(`Pulumi cannot read stack "${stack}": ${pulumiReason(result.stderr)}`);
  }
  return volumesOf(JSON.parse(result.stdout));
}
