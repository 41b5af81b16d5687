import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RedisOptions } from "ioredis";
import { translate } from "../checks/members";
import type { Contract, ContractEndpoint } from "../outputs/contract";
import { leftovers, removeLabelled, removeVolumes } from "../test/support/engine";
import { expectSuccess, PulumiProject } from "../test/support/pulumiProject";
import { freePorts } from "../test/support/freePorts";
import { freeSubnet } from "./freeSubnet";
import type { Group } from "./group";
import type { Session } from "./session";

/** Members of the default settings: three data nodes, three Sentinels. */
const MEMBERS = 6;

/** One stack of this project: the default settings, but for names, ports and addresses. */
export class OurGroup {
  readonly project = new PulumiProject();

  private constructor(readonly stack: string) {}

  /** A stack that is made but not deployed; whatever comes of it is removed with the session. */
  static async prepare(
    session: Session,
    suffix: string,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<OurGroup> {
    const group = new OurGroup(`${session.prefix}-${suffix}`);
    session.undo.defer(`the stack ${group.stack}`, () => group.remove());
    const port = await freePorts(MEMBERS);
    await group.project.addStack(group.stack, {
      name: group.stack,
      redisPort: port,
      sentinelPort: port + MEMBERS / 2,
      subnet: await freeSubnet(),
      ...settings,
    });
    return group;
  }

  async up(...options: readonly string[]): Promise<void> {
    expectSuccess(await this.project.up(this.stack, ...options));
  }

  async preview(...options: readonly string[]): Promise<void> {
    expectSuccess(await this.project.preview(this.stack, ...options));
  }

  /** Removes the deployment and its data; the stack stays. */
  async destroy(): Promise<void> {
    expectSuccess(await this.project.destroy(this.stack));
    await removeVolumes(this.stack);
  }

  contract(): Promise<Contract> {
    return this.project.contract(this.stack);
  }

  /** Writes a file that is gone with the group; its path. */
  file(name: string, content: string): string {
    const path = join(this.project.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** The deployed group as a client sees it. */
  async asGroup(): Promise<Group> {
    const contract = await this.contract();
    return {
      label: "ours",
      sentinels: contract.sentinels,
      masterName: contract.masterName,
      sentinelUsername: contract.connection.sentinelUsername,
      sentinelPassword: contract.connection.sentinelPassword,
      connection: () => Promise.resolve(contract.connection as RedisOptions),
      containerAt: (address: ContractEndpoint) =>
        Promise.resolve(translate(contract, address.host, address.port)!.name),
    };
  }

  /** By the label that this run alone gives, so that an update that was cut short leaves nothing either. */
  private async remove(): Promise<void> {
    await removeLabelled(this.stack);
    await this.project.dispose();
    const left = await leftovers(this.stack);
    if (left.length > 0) {
      throw new Error(`the engine still has ${left.join(", ")}`);
    }
  }
}
