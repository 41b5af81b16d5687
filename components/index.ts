/** What other Pulumi programs use: `import { RedisDeployment, SentinelGroup } from "redis-on-docker"`. */

export { defaultEngineEndpoint, planDeployment } from "../config/plan";
export type { DeploymentPlan, Endpoint, NodePlan, SentinelPlan } from "../config/plan";
export { SettingsError, type Problem } from "../config/problems";
export type { DeploymentOverrides, DeploymentSettings } from "../config/schema";
export { parseDeployment } from "../config/settings";
export * from "../outputs";
export { stackOutputs, type DeploymentOutputs } from "../outputs/stackOutputs";
export { prepareDeployments } from "./prepare";
export { RedisBase, type RedisBaseArgs } from "./redisBase";
export { RedisDeployment, type RedisDeploymentArgs } from "./redisDeployment";
export { RedisMaster } from "./redisMaster";
export { RedisReplica } from "./redisReplica";
export type { RedisNodeArgs } from "./redisNode";
export { SentinelGroup, type SentinelGroupArgs } from "./sentinelGroup";
