import { TLS_AUTHORITY } from "../../config/rotations";
import { say } from "../announce";
import { confirm } from "../ask";
import { isRotationDeployed } from "../deployedRotations";
import { exportState } from "../exportedState";
import { hintsFor } from "../hints";
import { askPulumi } from "../pulumi";
import { rotationEdits, type StackConfig } from "../rotations";
import { agreedTo } from "../secondLook";
import { pulumiReason, readContractAmong, requireOwnProgram } from "../stack";
import { EXIT, UserError } from "../../config/userError";
import { up } from "./up";

export interface RotateOptions {
  readonly stack: string;
  readonly deployment?: string;
  readonly user: string;
  readonly finish?: boolean;
  readonly yes?: boolean;
}

/**
 * `npm run rotate -- USER`: a new password for a user, accepted beside the one before; `--finish` ends that.
 *
 * It writes the setting `rotations` into the stack's file, and then does what `npm run up` does.
 */
export async function rotate({ stack, deployment, user, finish = false, yes }: RotateOptions): Promise<number> {
  requireOwnProgram(stack);
  const { contract, isOneOfSeveral } = await readContractAmong(stack, deployment);
  const users = [...Object.keys(contract.users), ...(contract.tls === undefined ? [] : [TLS_AUTHORITY])];
  const hints = hintsFor({ stack, deployment: isOneOfSeveral ? contract.deployment : undefined });
  const tell = (text: string): void => say(hints(text));
  const words = user === TLS_AUTHORITY ? ofAuthority : ofPassword(user);
  const edits = await agreedTo({
    what: `What the settings of stack "${stack}" say of rotations`,
    look: async () => {
      const state = await exportState(stack, true);
      const isDeployed = (generation: number) => isRotationDeployed(state, contract, user, generation);
      const wish = { user, users, deployment: contract.deployment, finish, isDeployed };
      return rotationEdits(await readConfig(stack), wish);
    },
    show: (seen) => tell(finish ? words.ends : seen.length > 0 ? words.begins : words.goesOn),
    ask: finish && !yes ? () => confirm(words.question) : undefined,
  });
  if (edits === undefined) {
    tell("Nothing was changed.");
    return EXIT.failed;
  }
  for (const { path, value } of edits) {
    await pulumi(["config", "set", "--path", path, value, "--stack", stack]);
  }
  let exitCode: number = EXIT.failed;
  try {
    exitCode = await up({ stack, args: [] });
  } finally {
    if (exitCode !== EXIT.ok) {
      tell(`\n${words.open}; put right what is said above, then: npm run up`);
    }
  }
  if (exitCode === EXIT.ok && !finish) {
    tell(`\n${words.begun}: npm run rotate -- ${user} --finish`);
  }
  return exitCode;
}

interface Sentences {
  readonly begins: string;
  /** It was begun, and the update failed. */
  readonly goesOn: string;
  readonly begun: string;
  readonly question: string;
  readonly ends: string;
  /** The update failed. */
  readonly open: string;
}

const ofPassword = (user: string): Sentences => ({
  begins: `${user} gets a new password; the one of now goes on working beside it.`,
  goesOn: `The rotation of ${user} that was begun is not deployed yet; that is done now.`,
  begun: `${user} has a new password, in the outputs. Once every client has it`,
  question: `Does every client of ${user} have the new password?`,
  ends: `The password of ${user} before the last rotation stops working: whoever still logs in with it is refused.`,
  open: `The stack's file has the rotation of ${user}, which is not deployed yet, or not everywhere`,
});

const ofAuthority: Sentences = {
  begins: "There will be a new authority; certificates are signed by the one of now until you finish.",
  goesOn: "The rotation of the authority that was begun is not deployed yet; that is done now.",
  begun: "All members trust the new authority too, and it is in the outputs. Once every client trusts it",
  question: "Does every client trust the new authority?",
  ends: "The new authority signs all certificates: whoever trusts only the one before can no longer connect.",
  open: "The stack's file has the rotation of the authority, which is not deployed yet, or not everywhere",
};

async function readConfig(stack: string): Promise<StackConfig> {
  // Without its secrets Pulumi leaves out all of `deployments` if one of them has a password.
  const shown = await pulumi(["config", "--json", "--show-secrets", "--stack", stack]);
  const config = JSON.parse(shown) as Record<string, ConfigValue>;
  return Object.fromEntries(
    Object.entries(config).map(([key, { objectValue, value }]): [string, unknown] => [
      key.split(":").at(-1)!,
      objectValue ?? value,
    ]),
  );
}

interface ConfigValue {
  readonly value?: string;
  readonly objectValue?: unknown;
}

async function pulumi(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await askPulumi(args);
  if (exitCode !== 0) {
    throw new UserError(`pulumi ${args.slice(0, 2).join(" ")} failed: ${pulumiReason(stderr)}`);
  }
  return stdout;
}
