import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { buildContract } from "../../outputs/buildContract";
import type { Contract } from "../../outputs/contract";
import { python } from "../support/exampleProject";
import { expectSuccess, run, type Ended } from "../support/pulumiProject";
import { passwordsOfAll } from "../unit/users.support";

const root = join(__dirname, "..", "..");

const contractOf = (overrides: DeploymentOverrides): Contract =>
  buildContract(planDeployment(parseDeployment(overrides), "unix:///unused"), { passwords: passwordsOfAll });

/** What of the container is told by the outputs. */
interface Container {
  readonly networksAdvanced?: readonly { readonly name: string }[];
  readonly networkMode?: string;
  /** As Pulumi hands over what is secret. */
  readonly uploads: { readonly value: readonly { readonly file: string; readonly content?: string }[] };
}

/** Nothing is deployed: Pulumi's mocks stand for the stack of Redis and for the engine. */
describe("python-app, of a stack with several deployments", () => {
  const first = contractOf({ name: "first" });
  const cache = contractOf({ name: "cache", redisPort: 6480, sentinelPort: 26479 });
  const onHost = contractOf({ name: "first", network: "host" });
  const withDeployments = (contract: Contract) => ({ ...contract, deployments: { first: contract, cache } });

  const program = (outputs: object, deployment: string, network = "deployment"): Promise<Ended> => {
    const settings = { redisStack: "organization/redis-on-docker/dev", deployment, network, port: "8091", image: "x" };
    const input = JSON.stringify({ outputs, settings });
    return run(python, [join(root, "test", "support", "pythonApp.py")], root, process.env, input);
  };
  const container = async (...args: Parameters<typeof program>): Promise<Container> =>
    JSON.parse(expectSuccess(await program(...args)).stdout) as Container;
  const sentinelsOf = ({ uploads }: Container): unknown =>
    (JSON.parse(uploads.value.find(({ file }) => file.endsWith("redis.json"))!.content!) as { sentinels: unknown })
      .sentinels;

  for (const [what, outputs] of [
    ["the first one's", withDeployments(first)],
    ["no network, where the first one is on the host's", withDeployments(onHost)],
  ] as const) {
    it(`is on the network of the one that is chosen, not on ${what}`, async () => {
      const chosen = await container(outputs, "cache");
      assert.deepEqual(chosen.networksAdvanced, [{ name: cache.network }]);
      assert.deepEqual(
        sentinelsOf(chosen),
        cache.sentinels.map(({ announced }) => [announced.host, announced.port]),
      );
    });
  }

  it("is on the first one's unless another is chosen, or on the host's", async () => {
    assert.deepEqual((await container(withDeployments(first), "")).networksAdvanced, [{ name: first.network }]);
    const { networkMode, networksAdvanced } = await container(withDeployments(first), "cache", "host");
    assert.deepEqual([networkMode, networksAdvanced], ["host", undefined]);
  });

  for (const [what, outputs, sentence] of [
    ["another version", { contractVersion: 1, masterName: "m" }, /contract version 1, this program knows 2; bring/],
    ["no version", { masterName: "m" }, /no output `contractVersion`: it is not deployed, or not a stack of this kind/],
    ["nothing", {}, /no output `contractVersion`: it is not deployed/],
    [
      "another version inside",
      { ...first, deployments: { cache: { contractVersion: 1 } } },
      /contract version 1, this/,
    ],
    ["no version inside", { ...first, deployments: { cache: {} } }, /no output `contractVersion`/],
    ["no such deployment", withDeployments(contractOf({ name: "first" })), undefined],
    ["one deployment only", first, /no deployment cache; there is first$/m],
    ["no network", { ...first, deployments: { first, cache: { ...cache, network: undefined } } }, /no Docker network/],
  ] as const) {
    it(`says in a sentence what does not fit: ${what}`, async () => {
      const { code, output } = await program(outputs, sentence === undefined ? "cach" : "cache");
      assert.equal(code, 1, output);
      assert.match(output, sentence ?? /no deployment cach; there is cache, first$/m);
      assert.doesNotMatch(output, /Traceback|None/);
    });
  }
});
