import { nearestName } from "../config/problems";
import { ContractError, parseContract, type Contract } from "../outputs/contract";
import { askPulumi, type PulumiResult } from "./pulumi";
import { UserError } from "./userError";
import { shortStackName } from "./words";

/**
 * The outputs of a deployed stack, secrets included: the only place where the commands learn what there is.
 *
 * @throws UserError when there is no such stack, or it is not deployed.
 */
export async function readContract(stack: string, deployment?: string): Promise<Contract> {
  const outputs = await readOutputs(stack);
  return ofStack(stack, () => parseContract(outputs, deployment));
}

/** The outputs of every deployment in a deployed stack; usually there is one. */
export async function readContracts(stack: string): Promise<readonly Contract[]> {
  const outputs = await readOutputs(stack);
  return ofStack(stack, () => {
    const first = parseContract(outputs);
    const several = Object.keys(outputs.deployments ?? {});
    return several.length === 0 ? [first] : several.map((name) => parseContract(outputs, name));
  });
}

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
export function absentStack(stack: string, known: readonly string[]): UserError {
  const others = known.map(shortStackName);
  const nearest = nearestOf(stack, others);
  const there =
    nearest !== undefined
      ? `did you mean ${nearest}?`
      : others.length === 0
        ? "there is none yet;"
        : `there are ${others.join(", ")};`;
  return new UserError(
    `There is no stack "${stack}"; ${there} It is created with: npm run up -- ${stack}`.replace("; It is", "; it is"),
  );
}

const nearestOf = (name: string, known: readonly string[]): string | undefined =>
  known.length === 0 ? undefined : nearestName(name, known);

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
 * Stops unless the stack is there.
 *
 * @throws UserError that names the stacks there are.
 */
export async function requireStack(stack: string): Promise<void> {
  const known = await stackNames();
  if (!known.some((name) => name === stack || shortStackName(name) === shortStackName(stack))) {
    throw absentStack(stack, known);
  }
}
