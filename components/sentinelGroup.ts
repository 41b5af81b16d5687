import { createHash } from "node:crypto";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Endpoint } from "../config/plan";
import { renderGroupEnv } from "../config/render/groupEnv";
import { renderNodeEnv } from "../config/render/nodeEnv";
import { renderSentinelConf } from "../config/render/sentinelConf";
import { PACKAGE } from "./args";
import { createMember } from "./member";
import { DATA_DIR } from "../node/program";
import type { RedisBase } from "./redisBase";

export interface SentinelGroupArgs {
  /** What the deployment's members stand on; its plan says how many Sentinels there are, and where. */
  readonly base: RedisBase;
}

/**
 * The Sentinels of a deployment: they watch the data nodes, decide together who is master, and tell the clients.
 *
 * Each has a fixed identity, so that a Sentinel that is created again is the same one: a new identity would stay with
 * the others as a ghost that raises the majority (https://github.com/redis/redis/issues/6194).
 */
export class SentinelGroup extends pulumi.ComponentResource {
  readonly containers: readonly docker.Container[];
  /** Ids of the containers, each once it has its secrets. */
  readonly ready: readonly pulumi.Output<string>[];
  /** Where the Sentinels are reached from their engines' hosts. */
  readonly endpoints: readonly Endpoint[];
  /** Name under which the group knows the master. */
  readonly masterName: string;
  /** The fixed id of each Sentinel, by its name. */
  readonly ids: pulumi.Output<Readonly<Record<string, string>>>;

  constructor(name: string, args: SentinelGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    const { base } = args;
    const { plan } = base;
    super(`${PACKAGE}:index:SentinelGroup`, name, { deployment: plan.name }, opts);
    const identity = new random.RandomId(`${plan.name}-sentinel-identity`, { byteLength: 20 }, { parent: this });
    this.ids = identity.hex.apply((seed) =>
      Object.fromEntries(plan.sentinels.map((sentinel) => [sentinel.name, sentinelId(seed, sentinel.name)])),
    );
    const created = plan.sentinels.map((sentinel) =>
      createMember(this, base, sentinel, {
        start: "sentinel",
        configuration: (all) => ({
          "node.env": renderNodeEnv(plan, sentinel, DATA_DIR, all[sentinel.name]),
          "sentinel.conf": renderSentinelConf(plan, sentinel, all, DATA_DIR),
        }),
        ids: this.ids,
        group: this.ids.apply((all) => renderGroupEnv(plan, sentinel, all)),
        memoryLimitMb: plan.settings.sentinelMemoryLimitMb,
      }),
    );
    this.containers = created.map(({ container }) => container);
    this.ready = created.map((member) => member.ready);
    this.endpoints = plan.sentinels.map((sentinel) => sentinel.reached);
    this.masterName = plan.settings.masterName;
    this.registerOutputs({ endpoints: this.endpoints, masterName: this.masterName });
  }
}

/** 40 hexadecimal digits, as Sentinel wants its id. */
function sentinelId(seed: string, name: string): string {
  return createHash("sha1").update(`${seed}/${name}`).digest("hex");
}
