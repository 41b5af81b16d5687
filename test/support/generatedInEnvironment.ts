/** A program whose container has a generated password in its environment, for the test of the policies. */

import "../../startup";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const { result } = new random.RandomPassword("generated", { length: 32, special: false });

new docker.Container("leaking", {
  name: "policy-leaking",
  image: `sha256:${"0a".repeat(32)}`,
  user: "999:999",
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
  envs: [pulumi.interpolate`ARGUMENTS=--requirepass ${result}`],
  logOpts: { "max-size": "1m" },
  restart: "always",
  healthcheck: { tests: ["CMD", "true"] },
});
