import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runInShell, SHELLS, type Shell } from "../support/shells";

const node = resolve(__dirname, "../../node");
const SELF = "10.0.0.1:6379";
const SUCCESSOR = "10.0.0.2:6379";

/** What each look finds, in turn; the last one stays. */
interface Scene {
  /** The own server's offset at each pause, or `refused`, or `cut`: an answer that the bound on its time cut short. */
  readonly own: readonly (number | "refused" | "cut")[];
  /** ROLE MASTER LINK PRIORITY OFFSET of the successor at each look. */
  readonly successor: readonly string[];
  /** What the Sentinel says of the master; by default that this node is it. */
  readonly sentinel?: string;
}

const NAMES_SELF = `${SELF} 0 master `;

const inSync = (offset: number) => `replica ${SELF} up 100 ${offset}`;

/** Plays the part of a hand-over for which writes are held, up to the request for the failover, against a scene. */
function play(
  shell: Shell,
  { own, successor, sentinel = NAMES_SELF }: Scene,
): { result: string; done: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-catch-up-"));
  try {
    writeFileSync(join(folder, "own"), `${own.join("\n")}\n`);
    writeFileSync(join(folder, "successor"), `${successor.join("\n")}\n`);
    writeFileSync(join(folder, "done"), "");
    const script = `
      set -u; cd '${folder}'
      SELF=${SELF} OWN_SERVER=own SUCCESSOR=${SUCCESSOR} MASTER_NAME=mymaster LEADER=sentinel ABLE=sentinel HEARD_BY=sentinel
      pause_ms=10000 PAUSE_MS=10000 budget=20 stop_asked=no aligned=no tries=0 FAILOVER_ASKED=no
      . '${node}/lib-successor.sh'
      . '${node}/lib-switch.sh'
      next_of() {
        head -n 1 "$1"
        if [ "$(wc -l <"$1")" -gt 1 ]; then sed 1d "$1" >rest && mv rest "$1"; fi
      }
      say() { echo "$*" >>done; }
      sleep() { :; }
      now() { echo . >>clock; echo $(($(wc -l <clock) / 8)); }
      without() { :; }
      lift_fences() { :; }
      raise_fence() { :; }
      at_once() { "$@"; }
      sentinel_word() { echo "sentinel $1 ${sentinel}"; }
      tell() { echo "$*" >>done; }
      node_standing() { echo "standing $1 $(next_of successor)"; echo look >>done; }
      ask() {
        echo "$2" >>done
        case $2 in
        'CLIENT PAUSE'*)
          offset=$(next_of own)
          [ "$offset" != refused ] || return 1
          [ "$offset" != cut ] || { printf '%s\\n' OK role:master master_repl_offset:1000 repl_backlog_act; return; }
          printf '%s\\n' OK "master_repl_offset:$offset" '' "$(now)" 0
          ;;
        *) echo OK ;;
        esac
      }
      await_switch() { next=${SUCCESSOR}; }
      step_down() { echo 'stepped down' >>done; }
      switch_over; echo $?`;
    const result = runInShell(shell, script);
    return { result: result.trim(), done: readFileSync(join(folder, "done"), "utf8").trimEnd().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HOLD = "CLIENT PAUSE 10000 WRITE";
const FAILOVER = "SENTINEL FAILOVER mymaster";

for (const shell of SHELLS) {
  describe(`offsets before the switch (${shell.join(" ")})`, function () {
    this.timeout(30_000);

    it("waits until the successor has every write, and holds them anew before each look", () => {
      const { result, done } = play(shell, { own: [1000], successor: [inSync(900), inSync(999), inSync(1000)] });
      assert.deepEqual(done, [
        ...[HOLD, "writes are held", "look"],
        ...[HOLD, "look"],
        ...[HOLD, "look", `${SUCCESSOR} has every write (offset 1000)`],
        ...[FAILOVER, "sentinel starts the failover (OK)"],
        "stepped down",
      ]);
      assert.equal(result, "0");
    });

    it("goes by the own offset at that look: what came through between two pauses counts", () => {
      const { done } = play(shell, { own: [1000, 1040], successor: [inSync(999), inSync(1000), inSync(1040)] });
      assert.equal(done.filter((what) => what === "look").length, 3);
      assert.ok(done.includes(`${SUCCESSOR} has every write (offset 1040)`));
    });

    for (const [what, scene, reason] of [
      ["is behind for too long", { own: [1000], successor: [inSync(999)] }, "is still 1 bytes behind"],
      ["loses its link", { own: [1000], successor: [`replica ${SELF} down 100 1000`] }, "has no link to its master"],
      ["follows another", { own: [1], successor: ["replica 10.0.0.9:6379 up 100 1"] }, "follows 10.0.0.9:6379"],
      ["is gone", { own: [1000], successor: ["down - down 0 0"] }, "does not answer"],
      ["was made master", { own: [1000], successor: [`master - up 100 1000`] }, "is a master itself"],
    ] as const) {
      it(`a successor that ${what} is not asked for; writes go on`, () => {
        const { result, done } = play(shell, scene);
        assert.ok(!done.includes(FAILOVER), done.join("\n"));
        assert.ok(done.includes("CLIENT UNPAUSE"));
        assert.match(done.at(-1)!, new RegExp(`^nothing is switched, and writes go on.*${SUCCESSOR} ${reason}`));
        assert.equal(result, "1");
      });
    }

    for (const [what, successor, sentinel] of [
      ["is promoted already", "master - up 100 1000", `${SELF}! 0 master replacing`],
      ["is named already", "master - up 100 1000", `${SUCCESSOR} 1 master `],
      ["is told to follow another", "replica 10.0.0.9:6379 up 100 1000", `${SELF}! 0 master replacing`],
    ] as const) {
      it(`a successor that ${what}, by a Sentinel that replaces this node by itself: writes stay held`, () => {
        const { result, done } = play(shell, { own: [1000], successor: [successor], sentinel });
        assert.ok(!done.includes(FAILOVER) && !done.includes("CLIENT UNPAUSE"), done.join("\n"));
        assert.match(done.at(-2)!, /^a Sentinel replaces this node already \(10\.0\.0\.2:6379 (is a|follows)/);
        assert.equal(done.at(-1), "stepped down");
        assert.equal(result, "0");
      });
    }

    it("without a pause that holds, or whose answer is whole, nothing is switched", () => {
      for (const none of ["refused", "cut"] as const) {
        const { result, done } = play(shell, { own: [1000, none], successor: [inSync(900), inSync(1000)] });
        assert.ok(!done.includes(FAILOVER), done.join("\n"));
        assert.match(done.at(-1)!, /^nothing is switched, and writes go on.*: \S+ is still 100 bytes behind/);
        assert.equal(result, "1");
      }
    });
  });
}
