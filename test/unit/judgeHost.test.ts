import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { hostFacts, type HostFacts } from "../../engine/hostFacts";
import { judgeHost } from "../../engine/judgeHost";
import type { SurveyedNetwork } from "../../engine/survey";

const ENGINE = "unix:///var/run/docker.sock";
const machine: HostFacts = {
  processors: 4,
  remapsUsers: false,
  addresses: ["127.0.0.1/8", "192.168.1.7/24", "172.30.29.1/24"],
};
const networks: readonly SurveyedNetwork[] = [{ name: "redis", subnets: ["172.30.29.0/24"] }];

function judge(
  overrides: DeploymentOverrides,
  host: HostFacts | undefined = machine,
  on = networks,
): readonly string[] {
  const plan = planDeployment(parseDeployment(overrides), ENGINE);
  const survey = { containers: [], networks: on, foreignPorts: new Map(), host };
  return judgeHost(plan, ENGINE, survey).map(({ path, reason }) => `${path}: ${reason}`);
}

describe("the host of an engine", () => {
  it("has nothing against the defaults, the network that is there already included", () => {
    assert.deepEqual(judge({}), []);
    assert.deepEqual(judge({}, undefined), []);
  });

  it("is refused an address that it does not have, with those that it has", () => {
    for (const bindAddress of ["0.0.0.0", "127.0.0.1", "127.0.0.53", "192.168.1.7"]) {
      assert.deepEqual(judge({ bindAddress }), [], bindAddress);
    }
    assert.deepEqual(judge({ bindAddress: "192.168.1.8" }), [
      `bindAddress: is 192.168.1.8, an address that the host of ${ENGINE} does not have; allowed: 0.0.0.0, 127.0.0.1, 192.168.1.7; fix: pulumi config set bindAddress 192.168.1.7`,
    ]);
  });

  it("keeps its way to the networks that it is in: one of them is no deployment's", () => {
    const lan = { ...machine, addresses: ["127.0.0.1/8", "172.30.0.9/16", "10.77.0.3/24"] };
    assert.deepEqual(judge({}, lan, []), [
      `subnet: 172.30.29.0/24 of the network redis overlaps 172.30.0.9/16, where the host of ${ENGINE} is itself, and would lose its way to; fix: pulumi config set subnet 10.77.1.0/24`,
    ]);
    assert.deepEqual(judge({ subnet: "10.77.1.0/24" }, lan, []), []);
    assert.deepEqual(judge({ network: "host", bindAddress: "127.0.0.1" }, lan, []), []);
  });

  it("is judged by its address in the settings where it is one of several", () => {
    const hosts = [1, 2, 3].map((index) => ({
      name: `h${index}`,
      endpoint: `unix:///run/h${index}.sock`,
      address: `10.0.0.${index}`,
    }));
    assert.deepEqual(judge({ hosts }), []);
  });

  it("has so many processors", () => {
    assert.deepEqual(judge({ cpuSet: "0-3" }), []);
    assert.match(judge({ cpuSet: "0,2-4" })[0]!, /^cpuSet: is 0,2-4, .* has 4 processors; .* set cpuSet 0-3$/);
    assert.deepEqual(judge({ cpuSet: "0,2-4" }, { remapsUsers: false }), []);
  });

  it("lets no container into its own network that has users of its own", () => {
    const remapped = { ...machine, remapsUsers: true };
    assert.deepEqual(judge({}, remapped), []);
    assert.match(judge({ network: "host" }, remapped)[0]!, /^network: is host, .*userns-remap.* set network bridge$/);
  });

  it("is read from what the engine says, and from this machine where it runs here", () => {
    const info = { NCPU: 2, SecurityOptions: ["name=seccomp,profile=default", "name=userns"] };
    const here = hostFacts(ENGINE, info);
    assert.deepEqual([here.processors, here.remapsUsers], [2, true]);
    assert.ok(here.addresses!.includes("127.0.0.1/8"));
    assert.deepEqual(hostFacts("tcp://10.0.0.1:2376", {}), { processors: undefined, remapsUsers: false });
  });
});
