import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { parseContract, type Contract } from "../../outputs/contract";
import { killTree } from "./processTree";

const root = join(__dirname, "..", "..");

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  /** Both streams, as a terminal shows them. */
  readonly output: string;
  readonly stdout: string;
}

/** Nothing that a test runs may take longer than this. */
const COMMAND_TIMEOUT_MS = 240_000;

/**
 * The project as a user has it in a clone, with a state and stack files of its own: a folder whose entries are links to
 * the real ones, so that a test can configure and deploy what it likes and leave nothing behind.
 */
export class PulumiProject {
  readonly folder = mkdtempSync(join(tmpdir(), "redis-on-docker-project-"));
  private readonly state = mkdtempSync(join(tmpdir(), "redis-on-docker-state-"));
  private readonly stacks = new Set<string>();

  /** @param program another program for the same project, by its path in the clone. */
  constructor(program = "index.ts") {
    for (const name of readdirSync(root)) {
      const isOwn = /^(Pulumi\..*|\..*)$/.test(name);
      if (!isOwn) {
        symlinkSync(join(root, name === "index.ts" ? program : name), join(this.folder, name));
      }
    }
    copyFileSync(join(root, "Pulumi.yaml"), join(this.folder, "Pulumi.yaml"));
  }

  /** Address of the state, for a program that refers to a stack in it. */
  get backend(): string {
    return `file://${this.state}`;
  }

  /** Makes a stack with the settings given. */
  async addStack(stack: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.configure(stack, settings);
    this.stacks.add(stack);
    expectSuccess(await this.pulumi(["stack", "init", stack]));
  }

  /** Gives a stack, and the file of its settings, another name. */
  async rename(stack: string, name: string): Promise<void> {
    expectSuccess(await this.pulumi(["stack", "rename", name, "--stack", stack]));
    this.stacks.delete(stack);
    this.stacks.add(name);
  }

  /** Removes a stack that has nothing. */
  async removeStack(stack: string): Promise<void> {
    expectSuccess(await this.pulumi(["stack", "rm", "--yes", "--force", "--stack", stack]));
    this.stacks.delete(stack);
  }

  /** Replaces a stack's settings. */
  configure(stack: string, settings: Readonly<Record<string, unknown>>): void {
    const salt = this.stacks.has(stack)
      ? /^encryptionsalt: .*$/m.exec(readFileSync(this.stackFile(stack), "utf8"))
      : null;
    const config = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`redis-on-docker:${key}`, value]),
    );
    writeFileSync(this.stackFile(stack), `${salt?.[0] ?? ""}\n${stringify({ config })}`);
  }

  up(stack: string, ...options: readonly string[]): Promise<Ended> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack, ...options]);
  }

  preview(stack: string, ...options: readonly string[]): Promise<Ended> {
    return this.pulumi(["preview", "--stack", stack, ...options]);
  }

  destroy(stack: string, ...options: readonly string[]): Promise<Ended> {
    return this.pulumi(["destroy", "--yes", "--skip-preview", "--stack", stack, ...options]);
  }

  async contract(stack: string, deployment?: string): Promise<Contract> {
    const { stdout } = expectSuccess(
      await this.pulumi(["stack", "output", "--json", "--show-secrets", "--stack", stack]),
    );
    return parseContract(JSON.parse(stdout), deployment);
  }

  /** The state of all stacks as it lies on the disk. */
  plainState(): string {
    const files = readdirSync(this.state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map((file) => readFileSync(join(file.parentPath, file.name), "latin1")).join("\n");
  }

  pulumi(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return run("pulumi", [...args, "--non-interactive", "--color", "never"], this.folder, {
      ...this.environment(),
      ...env,
    });
  }

  /**
   * Runs pulumi and kills it, with every process that it started, as soon as `moment` is there.
   *
   * @returns false if it ended before.
   */
  async killedAt(moment: Promise<unknown>, args: readonly string[]): Promise<boolean> {
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: this.environment(),
      stdio: "ignore",
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once("exit", () => resolve());
      child.once("error", reject);
    });
    await Promise.race([moment, ended]);
    const kills = child.exitCode === null;
    if (kills) {
      killTree(child.pid!);
    }
    await ended;
    return kills;
  }

  /** One of the project's own commands, as its npm script runs it once the tools are there. */
  command(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return run(
      process.execPath,
      ["--import", "tsx", join(root, "ops", "cli.ts"), ...args],
      this.folder,
      { ...this.environment(), ...env },
      input,
    );
  }

  /** Destroys every stack, whatever state it is in, and removes the folders. */
  async dispose(): Promise<void> {
    for (const stack of this.stacks) {
      await this.pulumi(["cancel", "--yes", "--stack", stack]);
      await this.pulumi(["state", "unprotect", "--all", "--yes", "--stack", stack]);
      const { code } = await this.destroy(stack);
      if (code !== 0) {
        // A container that a test removed, and could not have made again, stops the first.
        await this.destroy(stack, "--refresh");
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.state, { recursive: true, force: true });
  }

  private stackFile(stack: string): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PULUMI_BACKEND_URL: this.backend,
      PULUMI_CONFIG_PASSPHRASE: "only for a test",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_SKIP_UPDATE_CHECK: "1",
    };
  }
}

/** The settings in the project's own file for a stack. */
export function committedSettings(stack: string): Readonly<Record<string, unknown>> {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Readonly<Record<string, unknown>>;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^redis-on-docker:/, ""), value]),
  );
}

/** Fails with everything that was printed unless the command ended well. */
export function expectSuccess(ended: Ended): Ended {
  if (ended.code !== 0) {
    throw new Error(`the command ended with exit code ${ended.code}:\n${ended.output}`);
  }
  return ended;
}

/** Runs a program to its end, which is at most `COMMAND_TIMEOUT_MS` away. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
  input?: string,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], timeout: COMMAND_TIMEOUT_MS });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, stdout }));
  });
}
