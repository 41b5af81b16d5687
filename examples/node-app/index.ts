// An application's own stack: it takes the outputs of the stack that deployed Redis, and runs a container that uses it.
//
//   pulumi stack init shop
//   pulumi config set redisStack organization/redis-on-docker/dev
//   pulumi up

import { resolve } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { buildSync } from "esbuild";
// In a project of your own: from "redis-on-docker/contract".
import { parseContract, redisOptions } from "../../outputs";

const config = new pulumi.Config();
const named = config.require("deployment");
const port = config.requireNumber("port");
const onHost = config.require<"deployment" | "host">("network", { allowedValues: ["deployment", "host"] }) === "host";

const redis = new pulumi.StackReference(config.require("redisStack"));
const contract = redis.outputs.apply((outputs) => parseContract(outputs, named === "" ? undefined : named));
const options = contract.apply((all) => redisOptions(all, { from: onHost ? "outside" : "network" }));

const [program] = buildSync({
  entryPoints: [resolve(__dirname, "app", "server.ts")],
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  write: false,
}).outputFiles;

const runtime = new docker.RemoteImage("runtime", { name: config.require("image"), keepLocally: true });

const app = new docker.Container("app", {
  name: `${pulumi.getProject()}-${pulumi.getStack()}`,
  image: runtime.imageId,
  command: ["node", "/app/server.js"],
  // No secret in here: whoever may look at a container sees its environment.
  envs: [`HOST=${onHost ? "127.0.0.1" : "0.0.0.0"}`, `PORT=${port}`, "REDIS_OPTIONS_FILE=/run/app/redis.json"],
  uploads: [
    { file: "/app/server.js", content: program!.text },
    { file: "/run/app/redis.json", content: pulumi.secret(pulumi.jsonStringify(options)) },
  ],
  ...(onHost
    ? { networkMode: "host" }
    : {
        networksAdvanced: [{ name: pulumi.unsecret(contract.apply(({ network }) => network!)) }],
        ports: [{ internal: port, external: port, ip: "127.0.0.1" }],
      }),
  user: "1000:1000",
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
  memory: 256,
  memorySwap: 256,
  restart: "unless-stopped",
  mustRun: true,
  destroyGraceSeconds: 15,
  healthcheck: {
    tests: ["CMD", "node", "-e", `fetch("http://127.0.0.1:${port}/healthz").then((r) => process.exit(r.ok ? 0 : 1))`],
    interval: "5s",
    timeout: "5s",
    retries: 15,
  },
  wait: true,
});

export const url = pulumi.interpolate`http://127.0.0.1:${port}`;
export const container = app.name;
