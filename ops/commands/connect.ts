import { spawn } from "node:child_process";
import { observe } from "../../checks/observe";
import { currentMaster } from "../../checks/roles";
import { nodeCommand } from "../../node/program";
import type { Contract, ContractMember } from "../../outputs/contract";
import { say } from "../announce";
import { readContract } from "../stack";
import { EXIT, UserError } from "../../config/userError";
import { whyAbsent } from "../whyAbsent";
import { memberNamed } from "./logs";

export interface ConnectOptions {
  readonly stack: string;
  readonly deployment?: string;
  /** Name of the member; by default the master of the moment. */
  readonly node?: string;
  /** What redis-cli gets. */
  readonly args: readonly string[];
}

/** `npm run connect`: redis-cli on the master. No password is on any command line, in any environment or on the screen. */
export async function connect({ stack, deployment, node, args }: ConnectOptions): Promise<number> {
  const contract = await readContract(stack, deployment);
  const member = node === undefined ? await masterOf(contract) : memberNamed(contract, node);
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY;
  if (isInteractive && args.length === 0) {
    say(`${member.name} (${member.host}:${member.port}); end with Ctrl-D`);
  }
  const exitCode = await runDocker(dockerArguments(member, args, isInteractive));
  const reason = exitCode === EXIT.ok ? undefined : await whyAbsent(member);
  if (reason !== undefined) {
    throw new UserError(reason);
  }
  return exitCode;
}

/**
 * The `docker exec` for a session. Pure.
 *
 * The container's own program runs redis-cli with the password from its own file (node/cli.sh).
 */
export function dockerArguments(member: ContractMember, args: readonly string[], isInteractive: boolean): string[] {
  const { engine, name, announced } = member;
  // A command that was refused is a failure for a script, too; a person sees what it says.
  const failing = args.length > 0 ? ["-e"] : [];
  const session = [...nodeCommand("cli"), announced.host, String(announced.port), ...failing, ...args];
  return ["-H", engine, "exec", isInteractive ? "-it" : "-i", name, ...session];
}

async function masterOf(contract: Contract): Promise<ContractMember> {
  const master = currentMaster(contract, await observe(contract));
  if (master === undefined) {
    throw new UserError("There is no master that all agree on; see npm run status, or name a node with --node.");
  }
  return master;
}

function runDocker(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", args, { stdio: "inherit" });
    // redis-cli itself decides what Ctrl-C means.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    child.on("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "ENOENT"
          ? new UserError(
              "There is no `docker` command on PATH; install Docker's command line (Debian: apt-get install docker.io).",
            )
          : error,
      );
    });
    child.on("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
