import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { python } from "../support/libraries";
import type { MemberProcess } from "../support/processes";
import { waitFor } from "../support/waitFor";

/** The addresses of members that are gone, which do not answer at all; see silence.py. */
export class Silence {
  private readonly holders = new Map<MemberProcess, ChildProcess>();

  /** From the moment in which the member's port is free. */
  async after(member: MemberProcess, end: () => Promise<unknown>): Promise<void> {
    const { host, port } = member.plan.announced;
    const script = join(__dirname, "silence.py");
    const holder = spawn(python(), [script, host, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    this.holders.set(member, holder);
    let silent = false;
    holder.stdout.once("data", () => (silent = true));
    await end();
    await waitFor(`the port of ${member.name} to be silent`, () => silent);
  }

  /** Starts a member again at its address. */
  async start(member: MemberProcess): Promise<void> {
    await this.end(member);
    member.start();
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.holders.keys()].map((member) => this.end(member)));
  }

  private async end(member: MemberProcess): Promise<void> {
    const holder = this.holders.get(member);
    if (holder?.exitCode === null && holder.signalCode === null) {
      const ended = once(holder, "exit");
      holder.kill("SIGKILL");
      await ended;
    }
    this.holders.delete(member);
  }
}
