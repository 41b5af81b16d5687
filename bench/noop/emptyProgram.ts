import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../program";
import type { Session } from "../session";

/** A Pulumi program in JavaScript that does nothing: what no program on this machine can go below. */
export class EmptyProgram {
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-on-docker-empty-"));

  private constructor(private readonly signal: AbortSignal) {}

  /** The program with a stack that was deployed once. */
  static async prepare(session: Session): Promise<EmptyProgram> {
    const program = new EmptyProgram(session.signal);
    session.undo.defer("the empty program", () => {
      rmSync(program.folder, { recursive: true, force: true });
      return Promise.resolve();
    });
    symlinkSync(join(__dirname, "..", "..", "node_modules"), join(program.folder, "node_modules"));
    writeFileSync(
      join(program.folder, "Pulumi.yaml"),
      "name: empty\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    writeFileSync(join(program.folder, "index.js"), 'require("@pulumi/pulumi");\n');
    await program.pulumi("stack", "init", "bench");
    await program.up();
    return program;
  }

  async up(): Promise<void> {
    await this.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", "bench");
  }

  private async pulumi(...args: readonly string[]): Promise<void> {
    await runProgram("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      signal: this.signal,
      env: {
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_CONFIG_PASSPHRASE: "only for a benchmark",
        PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
        PULUMI_SKIP_UPDATE_CHECK: "1",
      },
    });
  }
}
