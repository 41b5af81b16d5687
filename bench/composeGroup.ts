import { join } from "node:path";
import type { RedisOptions } from "ioredis";
import type { ContractEndpoint } from "../outputs/contract";
import { engine } from "../test/support/engine";
import { freePorts } from "../test/support/freePorts";
import type { Group } from "./group";
import { runProgram } from "./program";
import type { Session } from "./session";

const folder = join(__dirname, "compose");
const FILE = join(folder, "docker-compose.yaml");
const SENTINELS_LAST = join(folder, "sentinels-last.yaml");
const HOST = "127.0.0.1";
const PASSWORD = "pass";
const DATA_NODES = ["master", "slave-1", "slave-2"] as const;
const SENTINEL_NODES = ["sentinel-1", "sentinel-2", "sentinel-3"] as const;
/** Where Redis listens in the containers. */
const REDIS_PORT = 6379;

/** The set-up that this project replaces, run by docker-compose. */
export class ComposeGroup implements Group {
  readonly label = "compose";
  readonly masterName = "mymaster";
  /** The first one is the master until a failover. */
  readonly nodes: readonly ContractEndpoint[];
  readonly sentinels: readonly ContractEndpoint[];

  /**
   * A group that is not there yet; `down` removes it.
   *
   * @param name of the compose project, and what the containers' names start with.
   * @param firstPort the first of six.
   */
  constructor(
    private readonly name: string,
    private readonly firstPort: number,
    private readonly signal?: AbortSignal,
  ) {
    const published = [...DATA_NODES, ...SENTINEL_NODES].map((_, index) => ({ host: HOST, port: firstPort + index }));
    this.nodes = published.slice(0, DATA_NODES.length);
    this.sentinels = published.slice(DATA_NODES.length);
  }

  /** A group that is not there yet; whatever is made of it is removed with the session. */
  static async prepare(session: Session): Promise<ComposeGroup> {
    const ports = await freePorts(DATA_NODES.length + SENTINEL_NODES.length);
    const group = new ComposeGroup(`${session.prefix}-compose`, ports, session.signal);
    session.undo.defer(`the compose project ${group.name}`, () => group.compose(["down", "-v", "-t", "1"]));
    return group;
  }

  up(): Promise<unknown> {
    return this.compose(["up", "-d"], this.signal);
  }

  /** The set-up without Sentinels: a master and its replicas. */
  upWithoutSentinels(): Promise<unknown> {
    return this.compose(["up", "-d", ...DATA_NODES.map((node) => `redis-${node}`)], this.signal);
  }

  /** As `up`, with the Sentinels after the replicas. */
  upSentinelsLast(): Promise<unknown> {
    return this.compose(["-f", SENTINELS_LAST, "up", "-d"], this.signal);
  }

  down(): Promise<unknown> {
    return this.compose(["down", "-v", "-t", "1"]);
  }

  async connection(): Promise<RedisOptions> {
    const addresses = await this.addresses();
    const natMap = Object.fromEntries(
      addresses.map((address, index) => [`${address}:${REDIS_PORT}`, { host: HOST, port: this.firstPort + index }]),
    );
    return { sentinels: [...this.sentinels], name: this.masterName, password: PASSWORD, natMap };
  }

  async containerAt({ host }: ContractEndpoint): Promise<string> {
    const addresses = await this.addresses();
    const index = addresses.indexOf(host);
    // Before its first failover Sentinel names the master as its configuration does.
    return this.container(DATA_NODES[index === -1 ? 0 : index]!);
  }

  /** Inside the network; empty for a container that is down. */
  private addresses(): Promise<readonly string[]> {
    return Promise.all(
      DATA_NODES.map(async (node) => {
        const { NetworkSettings: settings } = await engine.getContainer(this.container(node)).inspect();
        return Object.values(settings.Networks)[0]?.IPAddress ?? "";
      }),
    );
  }

  private container(node: string): string {
    return `${this.name}-${node}`;
  }

  private compose(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const ports = [...DATA_NODES, ...SENTINEL_NODES].map((node, index) => [
      `BENCH_${node.replace("-", "_").toUpperCase()}_PORT`,
      String(this.firstPort + index),
    ]);
    const env = { BENCH_NAME: this.name, ...(Object.fromEntries(ports) as Record<string, string>) };
    return runProgram("docker-compose", ["-p", this.name, "-f", FILE, ...args], { env, signal });
  }
}
