import assert from "node:assert/strict";
import { judge } from "../../checks/judge";
import { loaderFacts } from "../../checks/lookAtNode";
import { bringBackDropped, giveLoaderRights } from "../../checks/remedies";
import type { NodeFacts } from "../../checks/view";
import { contractOf, healthyView, withNode } from "./checks.support";

const OFF = ["flags", ["off", "sanitize-payload"], "passwords", []];
const user = (...rest: string[]): unknown[] => [...OFF, ...rest];
const everything = user("commands", "+@all", "keys", "~*", "channels", "&*");

const refused = (username: string, fd: number, count: number): unknown[] => [
  ...["count", count, "reason", "command", "context", "multi", "object", "set", "username", username],
  ...["client-info", `id=7 addr=?:0 laddr=?:0 fd=${fd} name= age=0`],
];

describe("what is known of the loader", () => {
  it("is bound when it is off and lacks a right, and free when it has all, or is on", () => {
    assert.equal(loaderFacts(everything, []).bound, false);
    for (const [commands, keys, channels] of [
      ["-@all", "", ""],
      ["+@all", "~app:*", "&*"],
      ["+@all -flushall", "~*", "&*"],
      ["+@all", "~*", ""],
    ] as const) {
      const reply = user("commands", commands, "keys", keys, "channels", channels);
      assert.equal(loaderFacts(reply, []).bound, true, `${commands} ${keys} ${channels}`);
    }
    const on = ["flags", ["on"], "passwords", ["x"], "commands", "+@all -@dangerous", "keys", "~*", "channels", "&*"];
    assert.equal(loaderFacts(on, []).bound, false);
  });

  it("has dropped what was refused to the client without a connection, and not what was refused to others", () => {
    const log = [refused("default", -1, 3), refused("app", 9, 5), refused("default", 9, 7), refused("default", -1, 1)];
    assert.equal(loaderFacts(everything, log).dropped, 4);
  });
});

describe("the judgement of the loader", () => {
  const contract = contractOf(2, 3);
  const name = contract.nodes[0]!.name;
  const replica = contract.nodes[1]!.name;
  const remediesOf = (node: string, change: (facts: NodeFacts) => Partial<NodeFacts>) =>
    judge(contract, withNode(healthyView(contract), node, change)).findings.map((finding) => finding.remedy);

  it("finds one that lacks rights only beside an append-only file", () => {
    const loader = { bound: true, dropped: 0 };
    assert.deepEqual(
      remediesOf(name, () => ({ loader, info: { aof_enabled: "1" } })),
      [giveLoaderRights(name)],
    );
    assert.deepEqual(
      remediesOf(name, () => ({ loader, info: { aof_enabled: "0" } })),
      [],
    );
  });

  it("finds dropped transactions on a master, and on a replica only while it has no link", () => {
    const loader = { bound: false, dropped: 2 };
    assert.deepEqual(
      remediesOf(name, () => ({ loader })),
      [bringBackDropped(name)],
    );
    assert.deepEqual(
      remediesOf(replica, () => ({ loader })),
      [],
    );
    const unlinked = remediesOf(replica, ({ following }) => ({ loader, following: { ...following!, linkUp: false } }));
    assert.ok(unlinked.join("; ").includes(bringBackDropped(replica)), unlinked.join("\n"));
  });
});
