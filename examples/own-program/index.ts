// The components in a program of your own: a small cache, with settings in code instead of the stack's configuration.

import { parseDeployment, planDeployment, RedisBase, RedisMaster, RedisReplica, SentinelGroup } from "../../components";

const settings = parseDeployment({
  name: "own-cache",
  replicas: 1,
  redisPort: 16380,
  sentinelPort: 27379,
  dataVolumes: "delete",
});
const plan = planDeployment(settings, "unix:///var/run/docker.sock");
const base = new RedisBase("own-cache", { plan });
const [initialMaster, ...replicas] = plan.nodes;

const master = new RedisMaster("master", { base, node: initialMaster! });
replicas.forEach((node) => new RedisReplica(node.name, { base, node }));
const sentinels = new SentinelGroup("sentinels", { base });

export const masterEndpoint = master.endpoint;
export const sentinelEndpoints = sentinels.endpoints;
export const passwords = base.passwords;
