import { say } from "../announce";
import { confirm } from "../ask";
import { beforeUpdate } from "../beforeUpdate";
import { runPulumi } from "../pulumi";
import { connectionHelp } from "../connectionHelp";
import { afterFailure } from "../hints";
import { removeHalfMade } from "../halfMade";
import { releaseStaleLocks } from "../staleLock";
import { makeStack, readContracts } from "../stack";
import { EXIT } from "../../config/userError";

export interface UpOptions {
  readonly stack: string;
  /** Further options for pulumi. */
  readonly args: readonly string[];
}

/** `npm run up`: what `pulumi up` does, without a question, and then how to connect. */
export async function up({ stack, args }: UpOptions): Promise<number> {
  await makeStack(stack);
  const killed = releaseStaleLocks(stack, process.env.PULUMI_BACKEND_URL);
  killed.forEach((pid) =>
    say(`An earlier update of ${stack} was killed (process ${pid} is gone): its lock is removed.`),
  );
  if (killed.length > 0) {
    await removeHalfMade(stack, say);
  }
  const asks = process.stdin.isTTY && !args.includes("--yes");
  const options = await beforeUpdate(stack, asks ? (question) => confirm(question) : undefined);
  if (options === undefined) {
    say("Nothing was changed.");
    return EXIT.failed;
  }
  const update = () =>
    runPulumi(["up", "--yes", "--refresh", "--suppress-outputs", "--stack", stack, ...options, ...args]);
  let exitCode = await update();
  // Where no lock tells of a killed update, looking for what it left costs time only when something is wrong.
  if (exitCode !== 0 && (await removeHalfMade(stack, say))) {
    say("The update is tried once more.");
    exitCode = await update();
  }
  if (exitCode !== 0) {
    const note = afterFailure(stack);
    if (note !== undefined) {
      say(note);
    }
    return exitCode;
  }
  const contracts = await readContracts(stack);
  process.stdout.write(
    `\n${contracts.map((contract) => connectionHelp(contract, stack, contracts.length > 1)).join("\n")}`,
  );
  return 0;
}
