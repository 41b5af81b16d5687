import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { run, type Ended } from "./pulumiProject";

const root = join(__dirname, "..", "..");

/** What takes minutes to make, and is the same in every clone. */
const SHARED = ["node_modules", ".toolchain"];
/** What belongs to this clone alone. */
const LEFT_OUT = [".git", ".state", "reports", "dist"];

/**
 * A clone of the project as a user has it after the first command, with nothing deployed: commands can be typed there as
 * the documentation has them, `npm run` included. Real files, since the front door takes the folder that it lies in.
 */
export class CopiedClone {
  readonly folder = mkdtempSync(join(tmpdir(), "redis-on-docker-clone-"));

  constructor() {
    const skipped = [...SHARED, ...LEFT_OUT];
    cpSync(root, this.folder, { recursive: true, filter: (source) => !skipped.includes(relative(root, source)) });
    for (const name of SHARED) {
      symlinkSync(join(root, name), join(this.folder, name));
    }
  }

  /** Runs lines of a shell, and stops at the first that fails. Nobody is there to answer a question. */
  bash(code: string): Promise<Ended> {
    return run("bash", ["-euo", "pipefail", "-c", code], this.folder, this.environment());
  }

  /** Destroys the stack, if there is one, and removes the folder. */
  async dispose(stack: string): Promise<void> {
    await this.bash(`npm run -s pulumi -- state unprotect --all --yes --stack ${stack}`);
    await this.bash(`npm run -s destroy -- ${stack} --yes --remove-stack`);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    // What the tests' own front door has set must not lead to the state of the clone that they run in.
    const kept = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|npm_|INIT_CWD$)/.test(name));
    return { ...Object.fromEntries(kept), REDIS_STATE_DIR: ".state" };
  }
}
