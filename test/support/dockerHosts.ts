import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import type { HostSettings } from "../../config/schema";
import { waitFor } from "./waitFor";

/**
 * Docker hosts on one machine: an engine each, in a network namespace of its own, on a common network. Needs root.
 *
 * The switch is a bridge in a namespace of its own, so that the machine's packet filter never sees what passes there.
 */
export class DockerHosts {
  readonly hosts: readonly HostSettings[];
  private readonly folder = mkdtempSync(join(tmpdir(), "rod-hosts-"));
  private readonly daemons: ChildProcess[] = [];
  private readonly lan: string;

  /**
   * @param count how many hosts.
   * @param prefix what the names of their devices and namespaces begin with, and
   * @param subnet the second number of their addresses: both differ for hosts that live at the same time.
   */
  constructor(
    count: number,
    private readonly prefix = "rod",
    subnet = 88,
  ) {
    this.lan = `10.${subnet}.0`;
    this.hosts = Array.from({ length: count }, (_, index) => ({
      name: `host-${index + 1}`,
      endpoint: `unix://${this.folder}/${index + 1}/docker.sock`,
      address: `${this.lan}.${11 + index}`,
    }));
  }

  /** Starts the engines and gives each the image. */
  async start(image: string): Promise<void> {
    ip("netns", "add", this.hub);
    ip("-n", this.hub, "link", "add", "lan", "type", "bridge");
    ip("-n", this.hub, "link", "set", "lan", "up");
    this.plugIn(`${this.prefix}machine`, undefined, `${this.lan}.1`);
    for (const { name, address } of this.hosts) {
      ip("netns", "add", `${this.prefix}-${name}`);
      ip("-n", `${this.prefix}-${name}`, "link", "set", "lo", "up");
      this.plugIn(`${this.prefix}${name.replace("host-", "")}`, `${this.prefix}-${name}`, address);
    }
    this.hosts.forEach((_, index) => this.startEngine(index));
    const archive = join(this.folder, "image.tar");
    execFileSync("docker", ["save", "-o", archive, image]);
    for (const host of this.hosts) {
      await this.engineAnswers(host);
      execFileSync("docker", ["-H", host.endpoint, "load", "-q", "-i", archive], { stdio: "pipe" });
    }
  }

  /** Ends the engines with all that runs on them, and removes every trace. */
  async dispose(): Promise<void> {
    for (const { endpoint } of this.hosts) {
      attempt(() => {
        const ids = execFileSync("docker", ["-H", endpoint, "ps", "-aq"], { encoding: "utf8", stdio: "pipe" })
          .split("\n")
          .filter(Boolean);
        if (ids.length > 0) {
          execFileSync("docker", ["-H", endpoint, "rm", "-f", ...ids], { stdio: "pipe" });
        }
      });
    }
    await Promise.all(
      this.daemons.map(async (daemon) => {
        daemon.kill("SIGTERM");
        await waitFor("an engine to end", () => daemon.exitCode !== null || daemon.signalCode !== null, {
          timeoutMs: 15_000,
        }).catch(() => daemon.kill("SIGKILL"));
      }),
    );
    for (const name of [...this.hosts.map((host) => `${this.prefix}-${host.name}`), this.hub]) {
      attempt(() => ip("netns", "del", name));
    }
    attempt(() => ip("link", "del", `${this.prefix}machine`));
    // An engine that was killed left its mounts behind, and the one after it does not know of them.
    for (const place of mountsBelow(this.folder)) {
      attempt(() => execFileSync("umount", ["--lazy", place], { stdio: "pipe" }));
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Restarts an engine, as an update of it does: it stops its containers first. */
  async restartEngine(index: number): Promise<void> {
    const daemon = this.daemons[index]!;
    daemon.kill("SIGTERM");
    await this.startAgain(index);
  }

  /** Ends everything that runs on a host in the same moment, as a reset of a machine does, and starts its engine. */
  async resetHost(index: number): Promise<void> {
    const { endpoint } = this.hosts[index]!;
    const docker = (...args: readonly string[]): readonly string[] =>
      execFileSync("docker", ["-H", endpoint, ...args], { encoding: "utf8" })
        .split("\n")
        .filter(Boolean);
    const containers = docker("inspect", "-f", "{{.State.Pid}}", ...docker("ps", "-q")).map(Number);
    const home = join(this.folder, String(index + 1));
    const pidFile = join(home, "exec", "containerd", "containerd.pid");
    const victims = [Number(readFileSync(pidFile, "utf8")), ...shimsOf(home), ...containers];
    this.daemons[index]!.kill("SIGKILL");
    victims.forEach((pid) => attempt(() => process.kill(pid, "SIGKILL")));
    // A process that nobody reaps has an id, but no program any more.
    await waitFor("everything on the host to end", () => victims.every((pid) => !existsSync(`/proc/${pid}/exe`)), {
      timeoutMs: 30_000,
    });
    // Its id looks alive to the next engine, which would not start another one.
    rmSync(pidFile, { force: true });
    await this.startAgain(index);
  }

  private async startAgain(index: number): Promise<void> {
    const daemon = this.daemons[index]!;
    await waitFor("the engine to end", () => daemon.exitCode !== null || daemon.signalCode !== null, {
      timeoutMs: 60_000,
    });
    this.startEngine(index);
    await this.engineAnswers(this.hosts[index]!);
  }

  private async engineAnswers({ endpoint, name }: HostSettings): Promise<void> {
    const engine = new Docker({ socketPath: endpoint.replace("unix://", "") });
    await waitFor(`the engine of ${name}`, async () => Boolean(await engine.ping()), { timeoutMs: 60_000 });
  }

  private get hub(): string {
    return `${this.prefix}switch`;
  }

  /** A cable from a host (or from this machine) to the switch. */
  private plugIn(device: string, namespace: string | undefined, address: string): void {
    const plug = `${device}sw`;
    ip("link", "add", device, "type", "veth", "peer", "name", plug, "netns", this.hub);
    ip("-n", this.hub, "link", "set", plug, "master", "lan", "up");
    if (namespace !== undefined) {
      ip("link", "set", device, "netns", namespace);
    }
    const inside = namespace === undefined ? [] : ["-n", namespace];
    ip(...inside, "addr", "add", `${address}/24`, "dev", device);
    ip(...inside, "link", "set", device, "up");
  }

  private startEngine(index: number): void {
    const { name } = this.hosts[index]!;
    const home = join(this.folder, String(index + 1));
    mkdirSync(home, { recursive: true });
    const log = openSync(join(home, "dockerd.log"), "a");
    const engine = [
      "dockerd",
      "-H",
      `unix://${home}/docker.sock`,
      "--data-root",
      `${home}/data`,
      "--exec-root",
      `${home}/exec`,
      "--pidfile",
      `${home}/pid`,
    ];
    // nsenter, not `ip netns exec`, which hides the control groups from the engine.
    const daemon = spawn("nsenter", [`--net=/run/netns/${this.prefix}-${name}`, ...engine], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    daemon.once("exit", (code) => {
      if (code !== 0 && code !== null) {
        console.error(`the engine of ${name} ended:\n${readFileSync(join(home, "dockerd.log"), "utf8").slice(-2000)}`);
      }
    });
    this.daemons[index] = daemon;
  }
}

/** Innermost first. */
function mountsBelow(folder: string): readonly string[] {
  return readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? [])
    .filter((place) => place.startsWith(`${folder}/`))
    .reverse();
}

/** The processes between an engine and its containers: they name the engine's folder. */
function shimsOf(home: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return words.includes("containerd-shim") && words.includes(`${home}/`);
      } catch {
        return false;
      }
    });
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // What was never made need not be removed.
  }
}
