import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { after, before, describe, it } from "mocha";
import { redisOptions, type Client } from "../../outputs/clientOptions";
import type { Contract } from "../../outputs/contract";
import { engine } from "../support/engine";
import { needImage } from "../support/images";
import { NetworkNeighbour } from "../support/networkNeighbour";
import { expectSuccess, PulumiProject, run } from "../support/pulumiProject";

const root = join(__dirname, "..", "..");
const OTHER_NETWORK = "places-other";

/** The table of docs/applications.md, cell by cell: the example's client, run in each place. */
describe("where a client runs", () => {
  const project = new PulumiProject();
  const neighbour = new NetworkNeighbour("places", 97);
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-places-"));
  const program = join(folder, "client.js");
  const contracts = new Map<string, Contract>();
  let image = "";

  const settings = (network: string) => ({
    name: `places-${network}`,
    network,
    redisPort: network === "bridge" ? 17280 : 17290,
    sentinelPort: network === "bridge" ? 27280 : 27290,
    replicas: 1,
    tls: true,
    bindAddress: neighbour.ownAddress,
    dataVolumes: "delete",
  });

  before(async () => {
    neighbour.plugIn();
    image = await needImage("node:20-slim");
    await engine.createNetwork({ Name: OTHER_NETWORK });
    const entryPoints = [join(root, "examples", "ioredis", "main.ts")];
    writeFileSync(
      program,
      buildSync({ entryPoints, bundle: true, platform: "node", write: false }).outputFiles[0]!.text,
    );
    for (const network of ["bridge", "host"]) {
      await project.addStack(network, settings(network));
      expectSuccess(await project.up(network));
      contracts.set(network, await project.contract(network));
    }
  });
  after(async () => {
    await project.dispose();
    await engine
      .getNetwork(OTHER_NETWORK)
      .remove()
      .catch(() => undefined);
    neighbour.unplug();
    rmSync(folder, { recursive: true });
  });

  const inContainer = (network: string) =>
    [
      "docker",
      ["run", "--rm", "-i", "--network", network, "-v", `${program}:/client.js:ro`, image, "node", "/client.js"],
    ] as const;

  const places: readonly (readonly [string, string, Client["from"], () => readonly [string, readonly string[]]])[] = [
    ["in a container on the deployment's network", "bridge", "network", () => inContainer("places-bridge")],
    ["in a container on another network", "bridge", "outside", () => inContainer(OTHER_NETWORK)],
    ["on the engine's host", "bridge", "outside", () => [process.execPath, [program]]],
    ["on another machine", "bridge", "outside", () => neighbour.run(process.execPath, program)],
    ["in a container on the host's network", "host", "outside", () => inContainer("host")],
    ["in a container on a network of its own", "host", "outside", () => inContainer(OTHER_NETWORK)],
    ["on the engine's host", "host", "outside", () => [process.execPath, [program]]],
    ["on another machine", "host", "outside", () => neighbour.run(process.execPath, program)],
  ];
  for (const [place, network, from, command] of places) {
    it(`network: ${network}, ${place}: from: "${from}" leads to the master`, async () => {
      const options = JSON.stringify(redisOptions(contracts.get(network)!, { from }));
      const { stdout } = expectSuccess(await run(...command(), root, process.env, options));
      assert.equal(stdout, "hello from ioredis\n");
    });
  }
});
