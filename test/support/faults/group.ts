import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessOf } from "../../../outputs/access";
import { couldTakeOver } from "../../../changes/restart";
import { listOf } from "../../../checks/replies";
import type { Contract, ContractMember } from "../../../outputs/contract";
import { container, engine, logsOf, removeLabelled } from "../engine";
import { expectSuccess, PulumiProject } from "../pulumiProject";
import { waitFor } from "../waitFor";
import { withMember, withSentinel } from "./connect";
import { complaints } from "./health";
import { processIds } from "./processTable";

const runDocker = (...args: readonly string[]): Promise<unknown> => promisify(execFile)("docker", args);

/** Name of the stack, in a project of the deployment's own. */
export const STACK = "faults";
/** What the engine puts before each part of a container's output. */
// eslint-disable-next-line no-control-regex -- it is made of control characters
const FRAME = /[\u0000-\u0002]\u0000{3}[^]{4}/g;
/** A full outage may take a minute by design. */
const HEAL_MS = 90_000;

/** Settings of a deployment that has a name of its own, by which everything of it is found on the engine. */
export type FaultSettings = Readonly<Record<string, unknown>> & { readonly name: string };

/** A real deployment that is broken on purpose: how to break it, and how to see that it is whole again. */
export class FaultGroup {
  contract!: Contract;

  private constructor(
    readonly project: PulumiProject,
    private readonly settings: FaultSettings,
  ) {}

  /** Deploys with `pulumi up`; the checks of the deployment itself have then passed. */
  static async deploy(settings: FaultSettings): Promise<FaultGroup> {
    const group = new FaultGroup(new PulumiProject(), settings);
    try {
      await group.project.addStack(STACK, settings);
      await group.up();
      return group;
    } catch (error) {
      await group.dispose();
      throw error;
    }
  }

  /** `pulumi up` with these settings instead of the present ones; without any, with those of the deployment. */
  async up(changed: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.configure(changed);
    expectSuccess(await this.project.up(STACK, "--refresh"));
    this.contract = await this.project.contract(STACK);
  }

  /** Only writes the settings: the deployment's own, with these instead of some. */
  configure(changed: Readonly<Record<string, unknown>>): void {
    this.project.configure(STACK, { ...this.settings, ...changed });
  }

  /** `pulumi up` that is killed, with all its children, at some moment; false if it ended before. */
  upKilledAt(moment: Promise<unknown>): Promise<boolean> {
    return this.project.killedAt(moment, ["up", "--yes", "--skip-preview", "--refresh", "--stack", STACK]);
  }

  /** One of the project's own commands on this deployment, such as `status`. */
  command(name: string, ...options: readonly string[]): ReturnType<PulumiProject["command"]> {
    return this.project.command([name, STACK, ...options]);
  }

  /** What both commands that judge the deployment say of it as it is now: `verify` does not wait for it to get well. */
  async judged(): Promise<readonly { readonly by: string; readonly code: number | null; readonly output: string }[]> {
    const status = await this.command("status");
    const verify = await this.command("verify", "--timeout", "5");
    return [
      { by: "status", ...status },
      { by: "verify", ...verify },
    ];
  }

  async dispose(): Promise<void> {
    await this.project.dispose();
    // What a killed update made is not known to its project.
    await removeLabelled(this.settings.name);
  }

  get members(): readonly ContractMember[] {
    return [...this.contract.nodes, ...this.contract.sentinels];
  }

  member(name: string): ContractMember {
    const found = this.members.find((member) => member.name === name);
    if (found === undefined) {
      throw new Error(`the deployment has no member ${name}`);
    }
    return found;
  }

  /** The one node that is master and that no Sentinel disagrees about. */
  async master(): Promise<ContractMember> {
    await this.healthy();
    const roles = await Promise.all(
      this.contract.nodes.map((node) => withMember(node, accessOf(this.contract, "admin"), (client) => client.role())),
    );
    return this.contract.nodes[roles.findIndex(([role]) => role === "master")]!;
  }

  async replicas(): Promise<readonly ContractMember[]> {
    const master = await this.master();
    return this.contract.nodes.filter((node) => node !== master);
  }

  /** Waits until there is nothing to complain about; throws with the complaints that stayed. */
  async healthy(timeoutMs = HEAL_MS): Promise<void> {
    await waitFor(
      "a whole group again",
      async () => {
        const found = await complaints(this.contract);
        if (found.length > 0) {
          throw new Error(found.join("; "));
        }
        return true;
      },
      { timeoutMs, everyMs: 100 },
    );
  }

  /** Waits until every Sentinel has heard that it may promote the replicas: up to 10 s after one started (INFO's period). */
  async promotable(): Promise<void> {
    const { masterName } = this.contract;
    await waitFor(
      "Sentinels that may promote every replica",
      async () => {
        const views = await Promise.all(
          this.contract.sentinels.map((sentinel) =>
            withSentinel(this.contract, sentinel, (client) => client.call("SENTINEL", "REPLICAS", masterName)),
          ),
        );
        return views.flatMap((view) => listOf(view)).every(couldTakeOver);
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
  }

  /** Brings back whatever a failed fault left behind: what is stopped is started, what stays broken is made anew. */
  async heal(): Promise<void> {
    await this.start(...this.members.map(({ name }) => name));
    await this.healthy().catch(async () => {
      console.log("  the group did not come back by itself: it is deployed anew");
      expectSuccess(await this.project.destroy(STACK));
      await this.up();
      await this.healthy();
    });
  }

  /** SIGKILL of whole containers, as `docker kill` does; the engine leaves them down. */
  async kill(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => container(name).kill({ signal: "SIGKILL" })));
    await this.down(...names);
  }

  /** Waits until containers are down; the engine says so before it is quite through with them. */
  async down(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await waitFor(`${name} to be down`, async () => !(await container(name).inspect()).State.Running, {
        timeoutMs: 20_000,
      });
    }
  }

  async start(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      // 304: it runs already.
      await container(name)
        .start()
        .catch((error: unknown) => {
          if ((error as { statusCode?: number }).statusCode !== 304) {
            throw error;
          }
        });
    }
  }

  /** Sends a signal to every process called `program` in a container; not to the container's first process alone. */
  async signal(name: string, program: string, signal: NodeJS.Signals): Promise<void> {
    const found = await processIds(name, program);
    if (found.length === 0) {
      throw new Error(`there is no ${program} in ${name}`);
    }
    found.forEach((pid) => process.kill(pid, signal));
  }

  /** Edits a file inside a container, running or not. */
  async editFile(name: string, path: string, edit: (content: string) => string): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-edit-"));
    try {
      const copy = join(folder, "copy");
      await runDocker("cp", `${name}:${path}`, copy);
      const content = readFileSync(copy, "utf8");
      const edited = edit(content);
      if (edited === content) {
        throw new Error(`the edit of ${path} in ${name} changed nothing`);
      }
      writeFileSync(copy, edited);
      await runDocker("cp", copy, `${name}:${path}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Removes a container and leaves its volume. */
  async remove(name: string): Promise<void> {
    await container(name).remove({ force: true });
  }

  /** Lets a frozen server go on, if it is still there: what watches it may have ended it meanwhile. */
  async thaw(name: string): Promise<void> {
    (await processIds(name, "redis-server")).forEach((pid) => process.kill(pid, "SIGCONT"));
  }

  /** Sees to it that this node is not the master, by a failover if need be. */
  async promoteAnother(node: ContractMember): Promise<void> {
    if ((await this.master()).name === node.name) {
      expectSuccess(await this.command("failover", "--yes"));
    }
  }

  /** Removes everything from a stopped member's volume. */
  async emptyVolume(name: string): Promise<void> {
    const { Image } = await container(name).inspect();
    const eraser = await engine.createContainer({
      Image,
      User: "0",
      Entrypoint: ["find", "/data", "-mindepth", "1", "-delete"],
      HostConfig: { Binds: [`${name}-data:/data`], NetworkMode: "none" },
    });
    try {
      await eraser.start();
      const { StatusCode } = (await eraser.wait()) as { StatusCode: number };
      if (StatusCode !== 0) {
        throw new Error(`the volume of ${name} could not be emptied: exit code ${StatusCode}`);
      }
    } finally {
      await eraser.remove({ force: true });
    }
  }

  /** What the members said last; for a fault that did not go as it should. */
  async lastWords(lines = 12): Promise<string> {
    const said = await Promise.all(
      this.members.map(async ({ name }) => {
        const log = (await logsOf(name).catch(() => "")).replaceAll(FRAME, "").split("\n");
        const own = log.filter((line) => /decided|undecided|hand-over|standby/.test(line)).slice(-6);
        return [`--- ${name}`, ...own, "...", ...log.slice(-lines)].join("\n");
      }),
    );
    return said.join("\n");
  }
}
