// A program of somebody who installed the npm package: the smallest whole deployment.

import { parseDeployment, prepareDeployments, RedisDeployment, stackOutputs } from "redis-on-docker";

export = async () => {
  const settings = parseDeployment({
    name: "packed",
    topology: "replication",
    replicas: 1,
    redisPort: 22400,
    dataVolumes: "delete",
  });
  const [prepared] = await prepareDeployments([settings]);
  return stackOutputs([new RedisDeployment("packed", prepared!)]);
};
