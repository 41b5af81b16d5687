import type * as pulumi from "@pulumi/pulumi";
import { RedisNode, type RedisNodeArgs } from "./redisNode";

/**
 * The initial master: the data node that takes writes on the first start of a deployment, when no node has data yet.
 * Later it is a data node like the others.
 */
export class RedisMaster extends RedisNode {
  constructor(name: string, args: RedisNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedisMaster", name, args, opts);
  }
}
