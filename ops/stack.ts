import { nearestName } from "../config/problems";
import { ContractError, parseContract, type Contract } from "../outputs/contract";
import { askPulumi, type PulumiResult } from "./pulumi";
import { ensureStack } from "./toolchain";
import { UserError } from "../config/userError";
import { hasSettings, otherProgramOf, shortStackName, stacksWithSettings } from "./words";

/**
 * The outputs of a deployed stack, secrets included: the only place where the commands learn what there is.
 *
 * @throws UserError when there is no such stack, or it is not deployed.
 */
export async function readContract(stack: string, deployment?: string): Promise<Contract> {
  const outputs = await readOutputs(stack);
  return ofStack(stack, () => parseContract(outputs, deployment));
}

/** The same, and whether the deployment is one of several, so that it has to be named. */
export async function readContractAmong(
  stack: string,
  deployment?: string,
): Promise<{ readonly contract: Contract; readonly isOneOfSeveral: boolean }> {
  const outputs = await readOutputs(stack);
  const contract = ofStack(stack, () => parseContract(outputs, deployment));
  return { contract, isOneOfSeveral: deploymentsIn(outputs).length > 1 };
}

/** The outputs of every deployment in a deployed stack; usually there is one. */
export async function readContracts(stack: string): Promise<readonly Contract[]> {
  const outputs = await readOutputs(stack);
  return ofStack(stack, () => {
    const first = parseContract(outputs);
    const several = deploymentsIn(outputs);
    return several.length === 0 ? [first] : several.map((name) => parseContract(outputs, name));
  });
}

/** Names of the deployments, where the stack's settings have them below a key of their own. */
const deploymentsIn = ({ deployments }: Record<string, unknown>): readonly string[] => Object.keys(deployments ?? {});

/**
 * What is read from the outputs of a stack.
 *
 * @throws UserError with the stack's name, where they are not what is wanted of them.
 */
export function ofStack<T>(stack: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ContractError ? new UserError(`Stack "${stack}": ${error.message}`) : error;
  }
}

async function readOutputs(stack: string): Promise<Record<string, unknown>> {
  const result = await askPulumi(["stack", "output", "--json", "--show-secrets", "--stack", stack]);
  if (result.exitCode !== 0) {
    throw await whyUnreadable(stack, result);
  }
  const outputs = JSON.parse(result.stdout) as Record<string, unknown>;
  if (Object.keys(outputs).length === 0) {
    throw notDeployed(stack);
  }
  return outputs;
}

/** Why the outputs of a stack cannot be read, as a sentence that names what there is instead. */
async function whyUnreadable(stack: string, result: PulumiResult): Promise<UserError> {
  const reason = pulumiReason(result.stderr);
  if (!/no stack named|not found|no previous deployment/i.test(reason)) {
    return new UserError(`Pulumi cannot read stack "${stack}": ${reason}`);
  }
  return absentStack(stack, await stackNames());
}

/** Pulumi's own reason, without the colours and the word in front of it. */
export function pulumiReason(stderr: string): string {
  // eslint-disable-next-line no-control-regex -- escape sequences are what is removed
  const plain = stderr.replace(/\x1b\[[\d;]*m/g, "").trim();
  const lines = plain.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("warning:"));
  const error = lines.find((line) => line.startsWith("error:")) ?? lines.at(-1) ?? "it gave no reason";
  return error.replace(/^error:\s*/, "");
}

/** The sentence about a stack that does not exist. */
export function absentStack(stack: string, deployed: readonly string[]): UserError {
  if (hasSettings(stack)) {
    return new UserError(`Stack "${stack}" is not deployed yet; deploy it with: npm run up -- ${stack}`);
  }
  const name = shortStackName(stack);
  const known = [...new Set([...deployed.map(shortStackName), ...stacksWithSettings()])].sort();
  const nearest = known.length === 0 ? undefined : nearestName(name, known);
  const [hint, start] =
    nearest !== undefined
      ? [` did you mean ${nearest}?`, "A"]
      : [known.length === 0 ? "" : ` there are ${known.join(", ")};`, "a"];
  return new UserError(
    `There is no stack "${stack}" of this program;${hint} ${start} new one begins with its settings, in Pulumi.${name}.yaml`,
  );
}

const notDeployed = (stack: string): UserError =>
  new UserError(
    `Stack "${stack}" has no outputs: it is not deployed, or its first deployment failed; deploy it with: npm run up -- ${stack}`,
  );

/** Names of the stacks of this project, as far as they can be found out. */
export async function stackNames(): Promise<readonly string[]> {
  const result = await askPulumi(["stack", "ls", "--json"]);
  if (result.exitCode !== 0) {
    return [];
  }
  return (JSON.parse(result.stdout) as { name: string }[]).map(({ name }) => name);
}

/**
 * Stops where a stack is of another program, which alone can change it; its outputs can be read from here.
 *
 * @throws UserError that says so.
 */
export function requireOwnProgram(stack: string): void {
  const other = otherProgramOf(stack);
  if (other !== undefined) {
    throw new UserError(
      `Stack "${stack}" belongs to another program, ${other}; it is changed and removed there, in that program's folder: pulumi up, pulumi destroy`,
    );
  }
}

/**
 * Stops unless the stack is there.
 *
 * @throws UserError that names the stacks there are.
 */
export async function requireStack(stack: string): Promise<void> {
  requireOwnProgram(stack);
  const deployed = await stackNames();
  if (!isAmong(deployed, stack)) {
    throw absentStack(stack, deployed);
  }
}

/**
 * Makes the stack if it is a new one with settings of its own: a name that was mistyped is none.
 *
 * @throws UserError that names the stacks there are.
 */
export async function makeStack(stack: string): Promise<void> {
  requireOwnProgram(stack);
  if (!hasSettings(stack)) {
    await requireStack(stack);
  }
  await ensureStack(stack);
}

const isAmong = (known: readonly string[], stack: string): boolean =>
  known.some((name) => name === stack || shortStackName(name) === shortStackName(stack));
