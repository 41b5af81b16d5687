import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Hopeless } from "../../checks/hopeless";
import { bringBack } from "../../checks/remedies";
import { withReasons } from "../../checks/undecided";
import type { ContainerState } from "../../engine/containerState";
import { contractOf, healthyView, withoutAnswer } from "./checks.support";

const contract = contractOf(2, 3);
const NAME = "redis-replica-1";
const away = withoutAnswer(healthyView(contract, 0), NAME);

/** What is found in looks a second apart, while the engine says these things one after the other. */
async function found(...said: readonly (Partial<ContainerState> | undefined)[]): Promise<readonly boolean[]> {
  let at = 0;
  const hopeless = new Hopeless(({ name }) => {
    assert.equal(name, NAME, "only who does not answer is asked about");
    const state = said[at];
    return Promise.resolve(state && { status: "running", exitCode: 0, restarts: 0, ...state });
  });
  const results: boolean[] = [];
  for (at = 0; at < said.length; at += 1) {
    results.push((await hopeless.among(away, at * 1000)) === NAME);
  }
  return results;
}

describe("waiting for a member", () => {
  it("is of no use while its container is paused, stopped or gone", async () => {
    for (const status of ["paused", "exited", "dead", "absent"] as const) {
      assert.deepEqual(await found({ status }), [true], status);
    }
  });

  it("is of use while it runs, is about to, or nobody knows", async () => {
    assert.deepEqual(
      await found({}, { status: "created" }, { status: "removing" }, { status: "restarting" }, undefined),
      [false, false, false, false, false],
    );
  });

  it("is of no use once it has ended twice meanwhile; what was before does not count", async () => {
    const ended = [7, 7, 8, 9].map((restarts) => ({ status: "restarting", restarts }) as const);
    assert.deepEqual(await found(...ended), [false, false, false, true]);
  });

  it("asks the engines once a second at most, and nobody where all answer", async () => {
    let asked = 0;
    const hopeless = new Hopeless(() => {
      asked += 1;
      return Promise.resolve(undefined);
    });
    for (const waitedMs of [0, 10, 999, 1000]) {
      await hopeless.among(away, waitedMs);
    }
    await hopeless.among(healthyView(contract, 0), 5000);
    assert.equal(asked, 2);
  });
});

describe("what brings a member back", () => {
  const remedies = async (state: ContainerState | undefined) => {
    const { nodes } = await withReasons(
      away,
      () => Promise.resolve(""),
      () => Promise.resolve(state),
    );
    const { member, failure } = nodes.find((node) => node.member.name === NAME)!;
    return bringBack(member, failure!);
  };

  it("goes by what the engine knows of its container", async () => {
    const state = (status: ContainerState["status"]) => remedies({ status, exitCode: 137, restarts: 0 });
    assert.equal(await state("paused"), "its container is paused: `docker unpause redis-replica-1` on its host");
    assert.match(await state("absent"), /^its container is gone: run `pulumi up --refresh` \(or `npm run up`\)/);
    assert.match(await state("exited"), /^its container is stopped \(exit code 137\): run `pulumi up --refresh`/);
    assert.match(await state("restarting"), /^its container ends with exit code 137 each time it is started/);
  });

  it("goes by how it does not answer, where the container runs, or the engine cannot be asked", async () => {
    const running = await remedies({ status: "running", exitCode: 0, restarts: 0 });
    assert.equal(running, await remedies(undefined));
    assert.match(running, /its container is stopped or gone, or its server has not started/);
  });
});
