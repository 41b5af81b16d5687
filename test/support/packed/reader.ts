// A consumer of the outputs that has the npm package and nothing of Pulumi in its process.

import { readFileSync } from "node:fs";
import { accessOf, parseContract, redisOptions, type Contract } from "redis-on-docker/contract";

const contract: Contract = parseContract(JSON.parse(readFileSync(0, "utf8")));
const { username } = accessOf(contract, "monitor");
const options = redisOptions(contract);
const pulumi = Object.keys(require.cache).filter((name) => name.includes("@pulumi"));
console.log(
  JSON.stringify({ deployment: contract.deployment, username, port: "port" in options && options.port, pulumi }),
);
