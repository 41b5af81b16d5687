import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { advancesOf, Patience } from "../../checks/patience";
import type { GroupView, NodeFacts } from "../../checks/view";
import { contractOf, healthyView, withNode, withoutAnswer } from "./checks.support";

const contract = contractOf(2, 3);
const healthy = healthyView(contract);
const MIB = 1024 * 1024;

const standby = { master: { host: "127.0.0.1", port: 1 }, linkState: "connect", linkUp: false };
const loading = (mib: number, name = "redis-replica-1"): GroupView =>
  withNode(healthy, name, (facts) => ({
    loading: true,
    following: { ...facts.following!, ...standby },
    info: { loading_loaded_bytes: String(mib * MIB), loading_total_bytes: String(100 * MIB) },
  }));
const copying = (mib: number): GroupView =>
  withNode(healthy, "redis-replica-1", (facts) => ({
    following: { ...facts.following!, linkState: "sync", linkUp: false, syncing: true },
    info: { master_sync_read_bytes: String(mib * MIB), master_sync_total_bytes: "0" },
  }));
const behind = (mib: number): GroupView =>
  withNode(healthy, "redis-master", ({ offset }) => ({ offset: offset + mib * MIB }));
const saving = (keys: number): GroupView =>
  withNode(healthy, "redis-master", ({ attached }): Partial<NodeFacts> => ({
    attached: attached.map((replica, at) => (at === 0 ? { ...replica, state: "wait_bgsave" } : replica)),
    info: { current_save_keys_processed: String(keys), current_save_keys_total: "1000" },
  }));

/** For how many looks, one a second, it lasts; the clock is the look's number. */
function looksOf(forS: number, look: (second: number) => GroupView, most = 1000): number {
  const patience = new Patience(contract, forS * 1000);
  for (let second = 0; second < most; second += 1) {
    if (!patience.lasts(look(second), second * 1000)) {
      return second;
    }
  }
  return most;
}

describe("patience with a group", () => {
  it("ends after its time where nothing is under way", () => {
    assert.equal(
      looksOf(60, () => healthy),
      61,
    );
    assert.equal(
      looksOf(60, () => withoutAnswer(healthy, "redis-replica-1")),
      61,
    );
  });

  const works: Readonly<Record<string, (amount: number) => GroupView>> = {
    loading,
    copying,
    "catching up": (amount) => behind(300 - amount),
    "a snapshot for a copy": saving,
  };
  for (const [what, look] of Object.entries(works)) {
    it(`goes on as long as ${what} does, however long, and ends its time after the last progress`, () => {
      assert.equal(
        looksOf(10, (second) => look(Math.min(80, second / 4))),
        320 + 11,
      );
    });
  }

  it("is not renewed by what begins anew again and again", () => {
    // A server that is restarted whenever it has loaded half.
    assert.equal(
      looksOf(20, (second) => loading((second % 10) * 5)),
      9 + 21,
    );
  });

  it("is not renewed by the stream of changes", () => {
    assert.equal(
      looksOf(20, (second) =>
        withNode(
          withNode(healthy, "redis-master", () => ({ offset: 1000 + second * MIB })),
          "redis-replica-1",
          () => ({
            offset: 1000 + second * MIB,
          }),
        ),
      ),
      21,
    );
  });

  it("takes a copy after the loading, and its loading, for work of its own", () => {
    const afterCopy = withNode(healthy, "redis-replica-1", (facts) => ({
      loading: true,
      following: { ...facts.following!, syncing: true, linkUp: false },
      info: { loading_loaded_bytes: String(MIB), loading_total_bytes: String(MIB) },
    }));
    const scene = (second: number) => (second < 9 ? loading(100) : second < 18 ? copying(100) : afterCopy);
    assert.equal(looksOf(10, scene), 18 + 11);
  });

  it("always ends, whatever is seen", () => {
    const scenes = fc.array(fc.oneof(fc.nat(100).map(loading), fc.nat(100).map(copying), fc.nat(500).map(behind)), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(scenes, (scene) => {
        // Each work can come further only as often as it has other amounts.
        const most = (scene.length + 1) * 6;
        assert.ok(looksOf(5, (second) => scene[second % scene.length]!, most + 1) <= most);
      }),
    );
  });

  it("says how long it was, and since which progress", () => {
    const patience = new Patience(contract, 10_000);
    patience.lasts(healthy, 1000);
    assert.equal(patience.describe(1000), "1 s");
    patience.lasts(loading(45), 30_000);
    assert.equal(
      patience.describe(41_000),
      "41 s, the last 11 s of them without progress (redis-replica-1 had loaded 45 % of its data set)",
    );
  });

  it("names each work as its reader would", () => {
    const texts = (view: GroupView) => advancesOf(contract, view).map(({ text }) => text);
    assert.deepEqual(texts(healthy), []);
    assert.deepEqual(texts(copying(70)), ["redis-replica-1 had copied 70 MiB of the data set"]);
    assert.deepEqual(texts(saving(7)), ["redis-master had written 7 of 1000 keys for redis-replica-1"]);
    assert.match(texts(behind(20))[0]!, /^redis-replica-1 was \d+ bytes behind its master$/);
  });
});
