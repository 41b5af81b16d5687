import { endpointText } from "../config/plan";
import type { Contract, ContractEndpoint } from "../outputs/contract";
import { hintsFor } from "./hints";

/**
 * What `up` ends with: where it is, how to look at it, and how a program gets to it. Pure, and without the password: a
 * terminal's history and a CI log are no place for one.
 *
 * @param several whether the stack has other deployments too.
 */
export function connectionHelp(contract: Contract, stack: string, several: boolean): string {
  const { deployment, topology, nodes, sentinels, masterName } = contract;
  const hints = hintsFor({ stack, deployment: several ? deployment : undefined });
  const endpoints = (members: readonly ContractEndpoint[]) => members.map(endpointText).join(" ");
  const lines = [
    `${deployment} is up and checked.`,
    "",
    `  Redis      ${endpoints(nodes)}`,
    ...(topology === "sentinel" ? [`  Sentinel   ${endpoints(sentinels)}, master name ${masterName}`] : []),
    hints("  Look       npm run status"),
    hints("  redis-cli  npm run connect"),
    "",
    "  Node.js",
    ...ioredisLines(contract, stack, several).map((line) => `    ${line}`),
    "  Python",
    ...redisPyLines(contract, stack, several).map((line) => `    ${line}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const outputCommand = (stack: string): string =>
  `npm run -s pulumi -- stack output --json --show-secrets --stack ${stack}`;

/** A client of ioredis, from nothing but the outputs. */
export function ioredisLines({ deployment }: Contract, stack: string, several: boolean): string[] {
  const connection = several ? `deployments[${JSON.stringify(deployment)}].connection` : "connection";
  return [
    'const { Redis } = require("ioredis"), { execSync } = require("node:child_process");',
    `const outputs = JSON.parse(execSync(${JSON.stringify(outputCommand(stack))}));`,
    // Commands wait for the next master, and it is looked for ten times a second.
    `const redis = new Redis({ ...outputs.${connection}, maxRetriesPerRequest: null, retryStrategy: () => 100 });`,
  ];
}

/** A client of redis-py, from nothing but the outputs. */
export function redisPyLines({ deployment, topology, tls }: Contract, stack: string, several: boolean): string[] {
  const path = several ? `["deployments"][${JSON.stringify(deployment)}]["connection"]` : '["connection"]';
  // What is an option of ioredis has other names there. Its own retries go where they went before, and never ask again.
  const secure = tls === undefined ? "" : `, ssl=True, ssl_ca_data=c["tls"]["ca"]`;
  const options = `o = dict(username=c["username"], password=c["password"], socket_connect_timeout=c["connectTimeout"] / 1000, socket_timeout=3, retry=Retry(NoBackoff(), 0)${secure})`;
  const client =
    topology === "sentinel"
      ? `redis = Sentinel([(s["host"], s["port"]) for s in c["sentinels"]], sentinel_kwargs=o, **o).master_for(c["name"])`
      : `redis = Redis(host=c["host"], port=c["port"], **o)`;
  return [
    "import json, subprocess",
    "from redis.backoff import NoBackoff; from redis.retry import Retry",
    topology === "sentinel" ? "from redis.sentinel import Sentinel" : "from redis import Redis",
    `c = json.loads(subprocess.check_output(${JSON.stringify(outputCommand(stack))}, shell=True))${path}`,
    options,
    client,
  ];
}
