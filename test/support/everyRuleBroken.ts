/** A program that breaks every rule of the policies about single resources, for their test; nothing of it may ever be deployed. */

import "../../startup";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** What the components of this project say of themselves, without a deployment behind it. */
class Said extends pulumi.ComponentResource {
  constructor(type: string, name: string, inputs: pulumi.Inputs) {
    super(`redis-on-docker:index:${type}`, name, inputs);
    this.registerOutputs({});
  }
}

new Said("RedisBase", "base", { deployment: "broken", dataVolumes: "delete" });
new Said("GroupSettings", "group", { topology: "sentinel", sentinels: ["one", "two"], sentinel: { quorum: "1" } });

const image = new docker.RemoteImage("image", { name: "redis:8.0.2", keepLocally: true });
new docker.Volume("volume", { name: "policy-broken-volume" });

new docker.Container("open", {
  name: "policy-broken-open",
  image: "redis:8.0.2",
  user: "root",
  privileged: true,
  pidMode: "host",
  ipcMode: "host",
  capabilities: { adds: ["NET_ADMIN"] },
  ports: [{ internal: 6379, external: 19580 }],
  mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/engine.sock" }],
  envs: ["REDIS_PASSWORD=hunter22"],
  restart: "no",
});

new docker.Container("on-host", {
  name: "policy-broken-on-host",
  image: image.imageId,
  networkMode: "host",
  user: "999:999",
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
  memory: 64,
  memorySwap: 64,
  logOpts: { "max-size": "1m" },
  restart: "always",
  healthcheck: { tests: ["CMD", "true"] },
});
