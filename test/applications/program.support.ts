import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { libraries } from "../support/libraries";
import { waitFor } from "../support/waitFor";

/** What a program says in a line of its output; see programs/report.mjs. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A command that succeeded. */
  readonly done?: string;
  /** A command that was told something else, and what. */
  readonly failed?: string;
  readonly error?: string;
  /** A job that Redis has taken; one that may have been sent twice; one that was run. */
  readonly added?: string;
  readonly again?: string;
  readonly ran?: string;
  /** How many workers a queue has. */
  readonly workers?: number;
}

/** What is run, and whether it ends by itself in good order when it is told to. */
export interface ProgramKind {
  readonly name: string;
  readonly command: (programs: string) => readonly [string, ...string[]];
  /** Whether its library has a place for `natMap`, or it has to be where the announced addresses are reached. */
  readonly addresses: "translated" | "inside";
  /** Whether it writes its stack to its log at SIGUSR2. */
  readonly tellsWhereItStands: boolean;
}

const programs = join(__dirname, "programs");

/** An application's process, which is given nothing but the output `connection`. */
export class Program {
  readonly lines: Line[] = [];
  /** What it wrote beside its reports: a library's own log. */
  log = "";
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private exit: string | undefined;

  /** @param connection file with the output `connection`. */
  constructor(
    readonly kind: ProgramKind,
    connection: string,
  ) {
    const [command, ...args] = kind.command(programs);
    this.child = spawn(command, args, {
      cwd: programs,
      // A process group of its own: Celery and RQ have children.
      detached: true,
      env: {
        ...process.env,
        REDIS_CONNECTION: connection,
        REDIS_APPLICATIONS: libraries(),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.once("exit", (code, signal) => (this.exit = `ended with ${signal ?? code}`));
    this.closed = once(this.child, "exit");
    createInterface(this.child.stdout!).on("line", (line) => {
      if (line.startsWith('{"at"')) {
        this.lines.push(JSON.parse(line) as Line);
      } else {
        this.log += `${line}\n`;
      }
    });
    this.child.stderr!.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  get name(): string {
    return this.kind.name;
  }

  /** The end of its log, for whoever has to find out what was wrong. */
  get end(): string {
    return this.log.slice(-2000);
  }

  /** How it ended, if it has. */
  get ended(): string | undefined {
    return this.exit;
  }

  /** Whether it has done something since a moment. */
  hasWorkedSince(moment: number): boolean {
    return this.lines.some(({ at, done, ran }) => at > moment && (done !== undefined || ran !== undefined));
  }

  /** Where it stands, for a failure's message, and the end of its log. */
  async whereItStands(): Promise<string> {
    if (this.kind.tellsWhereItStands && this.exit === undefined) {
      const before = this.log.length;
      this.child.kill("SIGUSR2");
      await waitFor(`${this.name} to say where it stands`, () => this.log.includes("most recent call first", before), {
        timeoutMs: 2000,
      }).catch(() => undefined);
    }
    return `${this.name}: ${JSON.stringify(this.lines.slice(-3))}\n${this.log.slice(-6000)}`;
  }

  /** Tells it to end in good order, and says how it did. */
  async stop(): Promise<string> {
    this.child.kill("SIGTERM");
    await waitFor(`${this.name} to end`, () => this.exit, { timeoutMs: 40_000 });
    return this.exit!;
  }

  /** Ends it and its children, whatever they do. */
  async kill(): Promise<void> {
    try {
      process.kill(-this.child.pid!, "SIGKILL");
    } catch {
      // It is gone.
    }
    await this.closed;
  }
}
