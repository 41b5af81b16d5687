import { runPulumi } from "../pulumi";
import { connectionHelp } from "../connectionHelp";
import { releaseStaleLocks } from "../staleLock";
import { readContracts } from "../stack";
import { ensureStack } from "../toolchain";
import { hasSettings, shortStackName } from "../words";

export interface UpOptions {
  readonly stack: string;
  /** Further options for pulumi. */
  readonly args: readonly string[];
}

/** `npm run up`: what `pulumi up` does, without a question, and then how to connect. */
export async function up({ stack, args }: UpOptions): Promise<number> {
  if (!hasSettings(stack)) {
    process.stderr.write(
      `There is no Pulumi.${shortStackName(stack)}.yaml: stack "${stack}" gets the default settings.\n`,
    );
  }
  await ensureStack(stack);
  for (const pid of releaseStaleLocks(stack, process.env.PULUMI_BACKEND_URL)) {
    process.stderr.write(`An earlier update of ${stack} was killed (process ${pid} is gone): its lock is removed.\n`);
  }
  const exitCode = await runPulumi([
    "up",
    "--yes",
    "--skip-preview",
    "--refresh",
    "--suppress-outputs",
    "--stack",
    stack,
    ...args,
  ]);
  if (exitCode !== 0) {
    return exitCode;
  }
  const contracts = await readContracts(stack);
  process.stdout.write(
    `\n${contracts.map((contract) => connectionHelp(contract, stack, contracts.length > 1)).join("\n")}`,
  );
  return 0;
}
