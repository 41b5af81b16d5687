import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ghostsOf } from "../../changes/forget";
import { couldTakeOver } from "../../changes/restart";
import type { MemberState } from "../../changes/look";

describe("members that left", () => {
  const sentinel = { member: { name: "redis-sentinel-1" }, settings: "current" } as unknown as MemberState;

  it("are forgotten when they are down; all strangers right after some were stopped", () => {
    const strangers = [
      { address: "10.0.0.8:6379", down: true },
      { address: "10.0.0.9:6379", down: false },
    ];
    assert.deepEqual(ghostsOf({ ...sentinel, strangers }, false), ["10.0.0.8:6379"]);
    assert.deepEqual(ghostsOf({ ...sentinel, strangers }, true), ["10.0.0.8:6379", "10.0.0.9:6379"]);
  });

  it("leave no Sentinel that could promote nobody: a replica counts when it is up, linked and may be promoted", () => {
    const good = { flags: "slave", "master-link-status": "ok", "slave-priority": "100" };
    assert.equal(couldTakeOver(good), true);
    for (const change of [
      { flags: "s_down,slave" },
      { flags: "slave,disconnected" },
      { "master-link-status": "err" },
      { "slave-priority": "0" },
    ]) {
      assert.equal(couldTakeOver({ ...good, ...change }), false, JSON.stringify(change));
    }
  });
});
