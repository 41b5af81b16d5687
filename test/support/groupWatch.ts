import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { openObserver } from "../../checks/observe";
import { currentMaster } from "../../checks/roles";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import type { Contract } from "../../outputs/contract";
import { container, engine } from "./engine";

interface ContainerEvent {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

/** Watches a deployment while it is changed: which containers stop and start, and who is master. */
export class GroupWatch {
  /** Names of the containers that were started, in order. */
  readonly started: string[] = [];
  /** The masters, in order; one more than there were changes. */
  readonly masters: string[] = [];
  /** What the data nodes' own programs said, also those of containers that are gone by now. */
  words = "";
  /** Most containers that were away at the same moment. */
  mostAway = 0;
  private readonly away = new Set<string>();
  private readonly stopped = new AbortController();

  private constructor(
    private readonly contract: Contract,
    private readonly events: NodeJS.ReadableStream,
  ) {}

  static async begin(contract: Contract): Promise<GroupWatch> {
    const label = [`${DEPLOYMENT_LABEL}=${contract.deployment}`];
    const events: NodeJS.ReadableStream = await engine.getEvents({ filters: { type: ["container"], label } });
    const watch = new GroupWatch(contract, events);
    let rest = "";
    events.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      lines.filter((line) => line !== "").forEach((line) => watch.take(JSON.parse(line) as ContainerEvent));
    });
    await Promise.all(contract.nodes.map(({ name }) => watch.listen(name)));
    void watch.followMaster();
    return watch;
  }

  end(): void {
    this.stopped.abort();
    if (this.events instanceof Readable) {
      this.events.destroy();
    }
  }

  private take({ Action: action, Actor: { Attributes: attributes } }: ContainerEvent): void {
    const name = attributes.name ?? "?";
    if (action === "die") {
      this.away.add(name);
      this.mostAway = Math.max(this.mostAway, this.away.size);
    } else if (action === "start") {
      this.away.delete(name);
      this.started.push(name);
      if (this.contract.nodes.some((node) => node.name === name)) {
        // It may be gone again before it was heard.
        this.listen(name).catch(() => undefined);
      }
    }
  }

  /** Keeps a node's words while it says them: a replaced container takes its log along. */
  private async listen(name: string): Promise<void> {
    const since = Math.floor(Date.now() / 1000);
    const log = await container(name).logs({ follow: true, stdout: true, stderr: true, since });
    log.on("data", (chunk: Buffer) => {
      const lines = chunk.toString("latin1").match(/(?:boot|stop|handover|hand-over): [^\n]*/g) ?? [];
      this.words += lines.map((line) => `${new Date().toISOString().slice(11, 23)} ${name} ${line}\n`).join("");
    });
  }

  private async followMaster(): Promise<void> {
    const observer = openObserver(this.contract);
    while (!this.stopped.signal.aborted) {
      const master = currentMaster(this.contract, await observer.look())?.name;
      if (master !== undefined && master !== this.masters.at(-1)) {
        this.masters.push(master);
      }
      await sleep(100);
    }
    observer.close();
  }
}
