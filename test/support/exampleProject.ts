import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expectSuccess, run, type Ended } from "./pulumiProject";

const root = join(__dirname, "..", "..");
/** What the examples import of the project, and what makes Node.js and TypeScript find it. */
const IMPORTED = "components outputs provider node_modules package.json tsconfig.json";

/** The Python that the tool chain prepared; with its language host beside it, if the machine has none. */
export const python = process.env.REDIS_EXAMPLE_PYTHON ?? "python3";

/** A stack of one of `examples/`, run from a copy, so that nothing is left in the clone. */
export class ExampleProject {
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-on-docker-example-"));
  private readonly state = mkdtempSync(join(tmpdir(), "redis-on-docker-example-state-"));
  private readonly program: string;

  /**
   * @param example name of the folder.
   * @param backend where the state is, to refer to a stack there; by default a place of its own.
   */
  constructor(
    example: string,
    private readonly stack: string,
    private readonly backend?: string,
  ) {
    IMPORTED.split(" ").forEach((name) => symlinkSync(join(root, name), join(this.folder, name)));
    cpSync(join(root, "examples"), join(this.folder, "examples"), { recursive: true });
    this.program = join(this.folder, "examples", example);
  }

  /** Makes the stack, with the settings given in the example's own namespace. */
  async init(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
    expectSuccess(await this.pulumi("stack", "init", this.stack));
    await this.configure(settings);
  }

  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) {
      expectSuccess(await this.pulumi("config", "set", name, String(value), "--stack", this.stack));
    }
  }

  /** Changes a file of the copy. */
  rewrite(file: string, change: (text: string) => string): void {
    const path = join(this.program, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  up(...options: readonly string[]): Promise<Ended> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", this.stack, ...options);
  }

  preview(...options: readonly string[]): Promise<Ended> {
    return this.pulumi("preview", "--stack", this.stack, ...options);
  }

  destroy(): Promise<Ended> {
    return this.pulumi("destroy", "--yes", "--skip-preview", "--stack", this.stack);
  }

  async output<T>(name: string): Promise<T> {
    const { stdout } = expectSuccess(await this.pulumi("stack", "output", name, "--json", "--stack", this.stack));
    return JSON.parse(stdout) as T;
  }

  /** Destroys what there is, and removes the folders. */
  async dispose(): Promise<void> {
    await this.destroy();
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.state, { recursive: true, force: true });
  }

  /** One of the project's own commands about this stack, called from the clone. */
  command(name: string, project: string): Promise<Ended> {
    const args = ["--import", "tsx", join("ops", "cli.ts"), name, `organization/${project}/${this.stack}`];
    return run(process.execPath, args, root, this.environment());
  }

  /** Any command of Pulumi's, in the example's folder. */
  pulumi(...args: readonly string[]): Promise<Ended> {
    return run("pulumi", [...args, "--non-interactive", "--color", "never"], this.program, this.environment());
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      // Pulumi's Python language host takes the interpreter that comes first.
      PATH: [dirname(python), process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: this.backend ?? `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "only for a test",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_SKIP_UPDATE_CHECK: "1",
    };
  }
}
