import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { allMembers, planDeployment } from "../../config/plan";
import type { DeploymentOverrides } from "../../config/schema";
import { parseDeployment } from "../../config/settings";
import { healthIn, type EngineSurvey, type SurveyedContainer } from "../../engine/survey";
import { summarize } from "../../engine/lastWords";
import { buildContract } from "../../outputs/buildContract";
import { passwordsOfAll } from "./users.support";
import { byName, findMembers, identityOf, whereTheyAre, type FoundMember } from "../../rollout/members";
import { describeRollout, orderOf, readRollout, rolloutOf, type Replacement } from "../../rollout/order";

const ENGINE = "unix:///var/run/docker.sock";
const STACK = "redis-on-docker/dev";
const planOf = (overrides: DeploymentOverrides = {}) => planDeployment(parseDeployment(overrides), ENGINE);
const plan = planOf();

/** A deployment that is as its plan says. */
const asPlanned = (of = plan): readonly FoundMember[] =>
  allMembers(of).map((member) => ({
    name: member.name,
    kind: member.kind,
    engine: ENGINE,
    id: `id-of-${member.name}`,
    imageId: "sha256:1",
    running: true,
    health: "healthy",
    revision: "r1",
    identity: identityOf(of, member),
    published: { host: "127.0.0.1", port: member.hostPort },
  }));
const target = (revision: string, image: string | undefined = "sha256:1", of = plan) => ({
  revisions: byName(of, () => revision),
  images: new Map([[ENGINE, image]]),
});
const names = (members: readonly { readonly name: string }[]) => members.map(({ name }) => name);
const but = (name: string, change: Partial<FoundMember>) =>
  asPlanned().map((member) => (member.name === name ? { ...member, ...change } : member));

describe("which containers an update replaces", () => {
  it("none on a first creation, and none when nothing changed", () => {
    assert.deepEqual(rolloutOf(plan, [], target("r1")), { replaced: [] });
    assert.deepEqual(rolloutOf(plan, asPlanned(), target("r1")), { replaced: [] });
  });

  it("all with another revision, another image, an image that has to be pulled, or without the label", () => {
    const all = names(allMembers(plan));
    assert.deepEqual(names(rolloutOf(plan, asPlanned(), target("r2")).replaced), all);
    assert.deepEqual(names(rolloutOf(plan, asPlanned(), target("r1", "sha256:2")).replaced), all);
    assert.deepEqual(names(rolloutOf(plan, asPlanned(), { ...target("r1"), images: new Map() }).replaced), all);
    assert.deepEqual(names(rolloutOf(plan, but("redis-replica-1", { revision: undefined }), target("r1")).replaced), [
      "redis-replica-1",
    ]);
  });

  it("one that moves to another engine, and only members that the program declares", () => {
    const moved = but("redis-replica-2", { engine: "tcp://10.0.0.9:2375" });
    assert.deepEqual(names(rolloutOf(plan, moved, target("r1")).replaced), ["redis-replica-2"]);
    const declared = { ...target("r2"), revisions: new Map([["redis-master", "r2"]]) };
    assert.deepEqual(names(rolloutOf(plan, asPlanned(), declared).replaced), ["redis-master"]);
  });

  it("not those that are missing: they are created, and wait for nobody", () => {
    const found = asPlanned().filter(({ name }) => name !== "redis-replica-1");
    assert.ok(!names(rolloutOf(plan, found, target("r2")).replaced).includes("redis-replica-1"));
  });

  it("all at once when addresses or the master's name change", () => {
    const renamed = planOf({ masterName: "other" });
    const { together, replaced } = rolloutOf(renamed, asPlanned(), target("r2"));
    assert.equal(replaced.length, 6);
    assert.match(
      together ?? "",
      /redis-master is reached as mymaster\/172\.30\.29\.11:6379, as users now and will be as other\//,
    );
    const ports = planOf({ redisPort: 6381, subnet: "172.30.29.0/24" });
    assert.equal(rolloutOf(ports, asPlanned(), target("r2")).together, undefined);
    const hostNetwork = planOf({ network: "host", redisPort: 6400 });
    const before = asPlanned(planOf({ network: "host" }));
    assert.notEqual(rolloutOf(hostNetwork, before, target("r2")).together, undefined);
  });
});

describe("the order of a rolling change", () => {
  const replaced = (found: readonly FoundMember[]) => rolloutOf(plan, found, target("r2")).replaced;

  it("is replicas, Sentinels, and the master of the moment last, whoever was it first", () => {
    assert.deepEqual(names(orderOf(replaced(asPlanned()), "redis-replica-1")), [
      "redis-master",
      "redis-replica-2",
      "redis-sentinel-1",
      "redis-sentinel-2",
      "redis-sentinel-3",
      "redis-replica-1",
    ]);
  });

  it("begins with what is down, then what is not well", () => {
    const found = but("redis-sentinel-3", { running: false, health: undefined }).map((member) =>
      member.name === "redis-replica-2" ? { ...member, health: "unhealthy" as const } : member,
    );
    assert.deepEqual(names(orderOf(replaced(found), "redis-master")).slice(0, 3), [
      "redis-sentinel-3",
      "redis-replica-2",
      "redis-replica-1",
    ]);
  });

  it("has everyone exactly once, and a running master last, whatever is broken", () => {
    const member = fc.record({
      kind: fc.constantFrom("data" as const, "sentinel" as const),
      down: fc.boolean(),
      broken: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 12 }), fc.nat(11), (members, index) => {
        const all: Replacement[] = members.map((one, i) => ({ ...one, id: `${i}`, name: `m${i}` }));
        const order = orderOf(all, `m${index}`);
        assert.deepEqual(names(order).sort(), names(all).sort());
        const master = all[index];
        if (master !== undefined && !master.down) {
          assert.equal(order.at(-1), master);
        }
      }),
    );
  });

  it("is said in one sentence", () => {
    const rollout = rolloutOf(plan, asPlanned(), target("r2"));
    assert.equal(
      describeRollout(rollout, "redis-master"),
      "Replaces 6 containers, one at a time: redis-replica-1, redis-replica-2, redis-sentinel-1, redis-sentinel-2, redis-sentinel-3, then redis-master, the master now, which hands over first.",
    );
    assert.match(describeRollout(rollout, undefined) ?? "", /redis-sentinel-3; nobody says who is the master now\.$/);
    assert.match(describeRollout({ ...rollout, together: "because" }, "redis-master") ?? "", /at once.*; because\.$/);
    assert.equal(describeRollout({ replaced: [] }, "redis-master"), undefined);
    const only = (name: string) => rolloutOf(plan, but(name, { revision: "r0" }), target("r1"));
    assert.equal(describeRollout(only("redis-sentinel-2"), "redis-master"), "Replaces 1 container: redis-sentinel-2.");
    assert.match(describeRollout(only("redis-master"), "redis-master") ?? "", /the master now, which hands over first/);
  });
});

describe("what a look at the engines tells a rolling change", () => {
  const container: SurveyedContainer = {
    name: "redis-master",
    state: "running",
    kind: "data",
    owner: { stack: STACK, deployment: "redis" },
    ports: [{ ip: "127.0.0.1", port: 6380 }],
    id: "c0ffee",
    imageId: "sha256:1",
  };
  const survey = (...containers: SurveyedContainer[]): EngineSurvey => ({
    containers,
    networks: [],
    foreignPorts: new Map(),
  });

  it("is about the deployment's own containers", () => {
    const others = survey(
      container,
      { ...container, name: "theirs", owner: undefined },
      { ...container, name: "redis-other", owner: { stack: STACK, deployment: "other" } },
      { ...container, name: "redis-strange", kind: undefined },
    );
    assert.deepEqual(names(findMembers(plan, new Map([[ENGINE, others]]), STACK)), ["redis-master"]);
  });

  it("finds a container's health in its status", () => {
    assert.deepEqual(
      ["Up 3 minutes (healthy)", "Up 2 s (health: starting)", "Up 1 s (unhealthy)", "Up 1 s", "Exited (0)"].map(
        healthIn,
      ),
      ["healthy", "starting", "unhealthy", undefined, undefined],
    );
  });

  it("is where members listen until they are replaced", () => {
    const moved = planOf({ redisPort: 6381, subnet: "172.30.29.0/24" });
    const contract = buildContract(moved, { passwords: passwordsOfAll });
    const before = whereTheyAre(contract, moved, asPlanned(), new Set());
    assert.deepEqual(
      before.nodes.map(({ port }) => port),
      [6380, 6381, 6382],
    );
    const half = whereTheyAre(contract, moved, asPlanned(), new Set(["redis-replica-1"]));
    assert.deepEqual(
      half.nodes.map(({ port }) => port),
      [6380, 6382, 6382],
    );
    const open = asPlanned().map((member) => ({ ...member, published: { host: "0.0.0.0", port: 7000 } }));
    assert.equal(whereTheyAre(contract, moved, open, new Set()).nodes[0]!.host, "127.0.0.1");
  });
});

describe("a container's last words", () => {
  it("are Redis's complaint about its configuration, wherever the log goes on", () => {
    const log = "Starting\nReading the configuration file, at line 7\n>>> 'foo bar'\nBad directive\nboot: ended\n";
    assert.equal(
      summarize({ running: false, exitCode: 1, log }),
      "its container ended with exit code 1; its log ends: >>> 'foo bar' Bad directive",
    );
  });

  it("are what its health check says, and the end of its log", () => {
    assert.equal(
      summarize({ running: true, exitCode: 0, health: "unhealthy: loading\n", log: "one\nboot: waits\n\n" }),
      "its health check says: unhealthy: loading; its log ends: boot: waits",
    );
    assert.equal(summarize({ running: true, exitCode: 0, log: "" }), "");
  });
});

describe("the sentence on a rollout", () => {
  const member = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
    kind: fc.constantFrom("data" as const, "sentinel" as const),
    id: fc.constant("id"),
    down: fc.boolean(),
    broken: fc.boolean(),
  });
  const members = fc.uniqueArray(member, { selector: ({ name }) => name, minLength: 1, maxLength: 9 });

  it("is read as what it says", () => {
    fc.assert(
      fc.property(
        members,
        fc.nat(9),
        fc.option(fc.constant("a is here now, and there: soon; so"), { nil: undefined }),
        (replaced, at, together) => {
          const master = replaced[at]?.kind === "data" ? replaced[at].name : undefined;
          const order = orderOf(replaced, master).map(({ name }) => name);
          const masterIsLast = together === undefined && order.at(-1) === master ? master : undefined;
          assert.deepEqual(readRollout(describeRollout({ replaced, together }, master)!), {
            names: order,
            ...(together === undefined ? {} : { together }),
            ...(masterIsLast === undefined ? {} : { master: masterIsLast }),
            masterUnknown:
              together === undefined && master === undefined && replaced.some(({ kind }) => kind === "data"),
          });
        },
      ),
    );
  });

  it("is told from any other one", () => {
    for (const other of [
      "",
      "the members have the changed settings",
      "Replaces everything.",
      "Replaces 2 containers",
    ]) {
      assert.equal(readRollout(other), undefined);
    }
  });
});
