import type * as pulumi from "@pulumi/pulumi";
import { RedisNode, type RedisNodeArgs } from "./redisNode";

/** An initial replica: a data node that follows the initial master on the first start of a deployment. */
export class RedisReplica extends RedisNode {
  constructor(name: string, args: RedisNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedisReplica", name, args, opts);
  }
}
