import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planDeployment, type Endpoint } from "../../config/plan";
import { parseDeployment } from "../../config/settings";
import { masterNow } from "../../rollout/masterNow";
import type { FoundMember } from "../../rollout/members";

const ENGINE = "unix:///var/run/docker.sock";
const plan = planDeployment(parseDeployment({}), ENGINE);
const [master, replica, another] = plan.nodes.map(({ announced }) => announced);

const found = (change: Readonly<Record<string, Partial<FoundMember>>> = {}): readonly FoundMember[] =>
  plan.nodes.map(({ name }) => ({
    name,
    kind: "data",
    engine: ENGINE,
    id: `id-of-${name}`,
    imageId: "sha256:1",
    running: true,
    health: "healthy",
    ...change[name],
  }));

/** Containers by what each answers: an address, nothing for one that hangs, or the reason why there is none. */
class Containers {
  readonly asked: string[] = [];
  hanging = 0;

  constructor(private readonly answers: Readonly<Record<string, Endpoint | string | undefined>>) {}

  readonly ask = (_engine: string, name: string, signal: AbortSignal): Promise<Endpoint> => {
    this.asked.push(name);
    const answer = signal.aborted ? "too late" : this.answers[name];
    if (answer !== undefined) {
      return typeof answer === "string" ? Promise.reject(new Error(answer)) : Promise.resolve(answer);
    }
    this.hanging += 1;
    return new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => {
        this.hanging -= 1;
        reject(new Error("aborted"));
      }),
    );
  };
}

describe("who is master before an update", () => {
  it("is told by the others when the first one that is asked hangs for as long as it may", async () => {
    const containers = new Containers({ "redis-replica-1": replica, "redis-replica-2": replica });
    assert.equal(await masterNow(plan, found(), containers.ask, 50), "redis-replica-1");
    assert.deepEqual(containers.asked, ["redis-master", "redis-replica-1", "redis-replica-2"]);
    assert.equal(containers.hanging, 0);
  });

  it("is said as soon as the first tells, and nobody is asked any longer then", async () => {
    const containers = new Containers({ "redis-master": master });
    assert.equal(await masterNow(plan, found(), containers.ask, 60_000), "redis-master");
    assert.equal(containers.hanging, 0);
  });

  it("is believed of the first that tells, and of a broken one only where no other does", async () => {
    const answers = { "redis-master": another, "redis-replica-1": "no master", "redis-replica-2": replica };
    const sick = found({ "redis-master": { health: "unhealthy" } });
    assert.equal(await masterNow(plan, found(), new Containers(answers).ask, 50), "redis-replica-2");
    assert.equal(await masterNow(plan, sick, new Containers(answers).ask, 50), "redis-replica-1");
    const others = { ...answers, "redis-replica-2": "no master" };
    assert.equal(await masterNow(plan, sick, new Containers(others).ask, 50), "redis-replica-2");
  });

  it("is nobody that the plan does not have, and nobody is asked who does not run", async () => {
    const containers = new Containers({ "redis-replica-1": { host: "10.0.0.1", port: 1 }, "redis-replica-2": "gone" });
    const without = found({ "redis-master": { running: false } });
    assert.equal(await masterNow(plan, without, containers.ask, 50), undefined);
    assert.deepEqual(containers.asked, ["redis-replica-1", "redis-replica-2"]);
  });
});
