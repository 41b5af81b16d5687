import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Endpoint, NodePlan } from "../config/plan";
import { renderGroupEnv } from "../config/render/groupEnv";
import { renderNodeEnv } from "../config/render/nodeEnv";
import { renderRedisConf } from "../config/render/redisConf";
import { PACKAGE } from "./args";
import { createMember } from "./member";
import { DATA_DIR } from "../node/program";
import type { RedisBase } from "./redisBase";

export interface RedisNodeArgs {
  /** What the deployment's members stand on: engines, image, network and passwords. */
  readonly base: RedisBase;
  /** The node, from the deployment's plan. */
  readonly node: NodePlan;
}

/**
 * A data node: its volume and its container.
 *
 * Which role it has now is not an input and not an output: it starts as a read-only standby and becomes what the
 * Sentinels' majority says. `RedisMaster` and `RedisReplica` differ in what they are at the very first start only.
 */
export abstract class RedisNode extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Id of the container, once it has its secrets. */
  readonly ready: pulumi.Output<string>;
  /** Where the node is reached from its engine's host. */
  readonly endpoint: Endpoint;

  protected constructor(
    kind: "RedisMaster" | "RedisReplica",
    name: string,
    args: RedisNodeArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { base, node } = args;
    super(`${PACKAGE}:index:${kind}`, name, { node: node.name }, opts);
    const { plan } = base;
    const created = createMember(this, base, node, {
      start: "boot",
      configuration: () => ({
        "node.env": renderNodeEnv(plan, node, DATA_DIR),
        "redis.conf": renderRedisConf(plan, node, DATA_DIR),
      }),
      group: renderGroupEnv(plan, node),
      memoryLimitMb: plan.settings.memoryLimitMb,
    });
    this.container = created.container;
    this.ready = created.ready;
    this.endpoint = node.reached;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
