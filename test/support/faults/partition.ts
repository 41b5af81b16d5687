import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { container } from "../engine";

/** The first process of a container, by its id on the engine's host. */
const firstProcess = async (name: string): Promise<number> => (await container(name).inspect()).State.Pid;

/** A container's network cable: the host's end of its virtual one. Needs root on the engine's own host. */
export class Cable {
  private constructor(private readonly device: string) {}

  static async of(name: string): Promise<Cable> {
    const pid = await firstProcess(name);
    const inside = execFileSync("nsenter", ["-t", String(pid), "-n", "ip", "-o", "link", "show", "eth0"], {
      encoding: "utf8",
    });
    const index = /eth0@if(\d+):/.exec(inside)?.[1];
    const links = execFileSync("ip", ["-o", "link"], { encoding: "utf8" });
    const device = new RegExp(`^${index}: ([^@:]+)`, "m").exec(links)?.[1];
    if (index === undefined || device === undefined) {
      throw new Error(`the network device of ${name} was not found`);
    }
    return new Cable(device);
  }

  /** From now on nothing passes, and nobody is told. */
  cut(): void {
    execFileSync("ip", ["link", "set", this.device, "down"]);
  }

  mend(): void {
    execFileSync("ip", ["link", "set", this.device, "up"]);
  }
}

/** A client on the same side of a partition as a container, because it lives in that one's network. */
export class CutOffClient {
  /** When its writes were acknowledged; milliseconds on the clock of `performance.now()`. */
  readonly acknowledged: number[] = [];
  private readonly refused: number[] = [];

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      (line === "OK" ? this.acknowledged : this.refused).push(performance.now());
    });
  }

  /** Starts it: a write every 20 ms to the server in that container. */
  static async beside(name: string, password: string, prefix: string): Promise<CutOffClient> {
    const pid = await firstProcess(name);
    const program = join(__dirname, "cutOffWriter.ts");
    const child = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "--import", "tsx", program, prefix], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(`${password}\n`);
    return new CutOffClient(child);
  }

  /** Writes that were refused since a moment. */
  refusedSince(at: number): number {
    return this.refused.filter((refusedAt) => refusedAt >= at).length;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGKILL");
    await gone;
  }
}
