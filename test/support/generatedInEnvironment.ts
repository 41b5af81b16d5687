/** A program whose containers have generated secrets in their environment, for the test of the policies. */

import "../../startup";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

const { result } = new random.RandomPassword("generated", { length: 32, special: false });
const { privateKeyPem } = new tls.PrivateKey("generated-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });

const leaking = (name: string, variable: pulumi.Input<string>) =>
  new docker.Container(name, {
    name: `policy-${name}`,
    image: `sha256:${"0a".repeat(32)}`,
    user: "999:999",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    envs: [variable],
    logOpts: { "max-size": "1m" },
    restart: "always",
    healthcheck: { tests: ["CMD", "true"] },
  });

leaking("leaking", pulumi.interpolate`ARGUMENTS=--requirepass ${result}`);
leaking("leaking-key", pulumi.interpolate`IDENTITY=${privateKeyPem}`);
