/** What other Pulumi programs use: `import { RedisMaster, RedisReplica, SentinelGroup } from "redis-on-docker/components"`. */

export { defaultEngineEndpoint, planDeployment } from "../config/plan";
export type { DeploymentPlan, Endpoint, NodePlan, SentinelPlan } from "../config/plan";
export type { DeploymentOverrides, DeploymentSettings } from "../config/schema";
export { parseDeployment } from "../config/settings";
export { parseContract, type Connection, type Contract } from "../outputs/contract";
export { RedisBase, type RedisBaseArgs } from "./redisBase";
export { RedisDeployment, type RedisDeploymentArgs } from "./redisDeployment";
export { RedisMaster } from "./redisMaster";
export { RedisReplica } from "./redisReplica";
export type { RedisNodeArgs } from "./redisNode";
export { SentinelGroup, type SentinelGroupArgs } from "./sentinelGroup";
