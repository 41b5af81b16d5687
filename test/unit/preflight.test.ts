import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { judgeSurvey } from "../../engine/judgeSurvey";
import type { EngineSurvey } from "../../engine/survey";

const ENGINE = "unix:///var/run/docker.sock";
const STACK = "redis-on-docker/dev";
const planOf = (overrides: DeploymentOverrides = {}) => planDeployment(parseDeployment(overrides), ENGINE);
const empty: EngineSurvey = { containers: [], networks: [], foreignPorts: new Map() };
const container = { id: "c0ffee", imageId: "sha256:1" };
const own = { stack: STACK, deployment: "redis" };
const judge = (survey: Partial<EngineSurvey>, overrides: DeploymentOverrides = {}) =>
  judgeSurvey(planOf(overrides), ENGINE, { ...empty, ...survey }, { owner: STACK }).map(
    ({ path, reason }) => `${path}: ${reason}`,
  );

describe("the look at an engine", () => {
  it("finds nothing wrong with an empty one, nor with the stack's own containers and network", () => {
    assert.deepEqual(judge({}), []);
    const containers = [
      { ...container, name: "redis-master", state: "running", owner: own, ports: [{ ip: "127.0.0.1", port: 6380 }] },
    ];
    const networks = [{ name: "redis", owner: own, subnets: ["172.30.29.0/24"] }];
    assert.deepEqual(judge({ containers, networks, foreignPorts: new Map([[6380, "docker-proxy (process 1)"]]) }), []);
  });

  it("finds a container of its own that the stack's state does not have, where it can know that", () => {
    const containers = [{ ...container, name: "redis-master", state: "running", owner: own, ports: [] }];
    const found = (recorded?: ReadonlySet<string>) =>
      judgeSurvey(planOf(), ENGINE, { ...empty, containers }, { owner: STACK, recorded });
    assert.deepEqual(found(), []);
    assert.deepEqual(found(new Set([container.id])), []);
    assert.match(
      found(new Set())[0]?.reason ?? "",
      /^the container redis-master on .* fix: npm run adopt, which takes it over/,
    );
  });

  it("never suggests to remove what another stack deployed", () => {
    const theirs = { stack: "redis-on-docker/live", deployment: "redis" };
    const containers = [{ ...container, name: "redis-master", state: "running", owner: theirs, ports: [] }];
    const [problem] = judge({ containers });
    assert.match(
      problem ?? "",
      /container redis-master of deployment redis in stack redis-on-docker\/live .*fix: pulumi config set name NAME$/,
    );
  });

  it("takes a port on all addresses for taken on each, and one on another address for free", () => {
    const holder = (ip: string) => [{ ...container, name: "other", state: "running", ports: [{ ip, port: 6381 }] }];
    assert.match(
      judge({ containers: holder("0.0.0.0") })[0] ?? "",
      /^redisPort: port 6381 of redis-replica-1 is taken .* by the container other/,
    );
    assert.deepEqual(judge({ containers: holder("10.0.0.1") }), []);
  });

  it("does not take a container's own port for another's while the container restarts", () => {
    const foreignPorts = new Map([[6380, "docker-proxy (process 1)"]]);
    const inState = (state: string) =>
      judge({ foreignPorts, containers: [{ ...container, name: "redis-master", state, owner: own, ports: [] }] });
    for (const state of ["running", "restarting"]) assert.deepEqual(inState(state), [], state);
    for (const state of ["exited", "created"])
      assert.match(inState(state)[0] ?? "", /^redisPort: port 6380 .* docker-proxy/);
  });

  it("refuses to move a running deployment to another network", () => {
    const networks = [{ name: "redis", owner: own, subnets: ["172.30.29.0/24"] }];
    assert.match(
      judge({ networks }, { redisPort: 6400 })[0] ?? "",
      /^subnet: .*fix: pulumi config set subnet 172\.30\.29\.0\/24 to keep it/,
    );
    assert.deepEqual(judge({ networks }, { redisPort: 6400, subnet: "172.30.29.0/24" }), []);
  });

  it("finds networks that overlap, whichever contains the other", () => {
    for (const subnet of ["172.30.0.0/16", "172.30.29.128/25"]) {
      assert.match(
        judge({ networks: [{ name: "theirs", subnets: [subnet] }] })[0] ?? "",
        /^subnet: 172\.30\.29\.0\/24 overlaps/,
      );
    }
    assert.deepEqual(judge({ networks: [{ name: "theirs", subnets: ["172.30.30.0/24", "fd00::/64"] }] }), []);
  });

  it("refuses to rename members, and to move one to a port that another still has", () => {
    const containers = [
      { ...container, name: "redis-master", state: "running", owner: own, ports: [{ ip: "127.0.0.1", port: 6380 }] },
      { ...container, name: "redis-replica-1", state: "running", owner: own, ports: [{ ip: "127.0.0.1", port: 6381 }] },
    ];
    assert.deepEqual(judge({ containers }), []);
    for (const renamed of [{ masterSuffix: "primary" }, { name: "other" }]) {
      assert.match(
        judge({ containers }, renamed)[0] ?? "",
        /^name: port 6380 of \S+ is held .* own redis-master, which the settings no longer name.*npm run destroy/,
      );
    }
    assert.match(
      judge({ containers }, { redisPort: 6381, subnet: "172.30.29.0/24" })[0] ?? "",
      /^redisPort: port 6381 of redis-master is held .* own redis-replica-1, .*do not overlap/,
    );
  });
});
