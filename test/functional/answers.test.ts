import assert from "node:assert/strict";
import { resolve } from "node:path";
import { runInShell, SHELLS, type Shell } from "../support/shells";

const library = resolve(__dirname, "../../node/lib-ask.sh");

/** A replica's whole answer, in the order in which it is asked. */
const WHOLE = [
  ...["# Replication", "role:slave", "master_host:10.0.0.1", "master_port:6379", "master_link_status:up"],
  ...["slave_priority:100", "slave_repl_offset:1000", "master_replid:0123456789abcdef", ""],
  ...["# Keyspace", "db0:keys=5,expires=0", ""],
  ...["cluster-announce-hostname", "running-none-0-0.0-0-none"],
  ...["# Persistence", "loading:0", "async_loading:0", "aof_current_size:500", ""],
];

function parsed(shell: Shell, lines: readonly string[]): string {
  const script = `STANDBY=127.0.0.1:1; . '${library}'
    parse_info "$(cat <<'INFO'\n${lines.join("\n")}\nINFO\n)"
    echo "$INFO_ROLE $INFO_MASTER $INFO_LINK $INFO_DATA $INFO_OFFSET $INFO_AOF"\n`;
  return runInShell(shell, script).trim();
}

for (const shell of SHELLS) {
  describe(`what a node answers (${shell.join(" ")})`, () => {
    it("is read from INFO", () => {
      assert.equal(parsed(shell, WHOLE), "replica 10.0.0.1:6379 up data 1000 500");
    });

    it("counts as no answer when it was cut short anywhere: no data must not be taken for an empty node", () => {
      const end = WHOLE.indexOf("loading:0");
      for (let length = 0; length <= end; length += 1) {
        assert.match(parsed(shell, WHOLE.slice(0, length)), /^down \S+ down /, WHOLE.slice(0, length).join(" "));
      }
    });
  });
}

/** What SENTINEL MASTER answers of a master that has said for a while that it is a replica, in its order; in milliseconds. */
function seen(
  age: { readonly askedBefore: number; readonly saysSo: number },
  role = "slave",
  flags = "master",
): string {
  const fields = { name: "mymaster", flags, "down-after-milliseconds": 5000, "info-refresh": age.askedBefore };
  const all = { ...fields, "role-reported": role, "role-reported-time": age.saysSo, "config-epoch": 7 };
  return Object.entries(all).flat().join("\n");
}

const facts = resolve(__dirname, "../../node/lib-facts.sh");

for (const shell of SHELLS) {
  describe(`what a Sentinel says of its master (${shell.join(" ")})`, () => {
    const said = (answer: string) =>
      runInShell(shell, `. '${facts}'\ndoubt_and_epoch <<'END'\n${answer}\nEND\n`).trim();

    it("is no doubt while it will ask again before it takes a replica for down, after down-after and 20 s", () => {
      assert.equal(said(seen({ askedBefore: 5000, saysSo: 15_000 })), "7 slave");
      // Asks again in 2 s, 10 s after it did so last, and holds it for down in 6 s.
      assert.equal(said(seen({ askedBefore: 8000, saysSo: 19_000 })), "7 slave");
    });

    it("is a doubt when it will take it for down before it asks again", () => {
      assert.equal(said(seen({ askedBefore: 1000, saysSo: 21_000 })), "! 7 slave");
      // There must be time to take the role, too.
      assert.equal(said(seen({ askedBefore: 8000, saysSo: 20_500 })), "! 7 slave");
      assert.equal(said(seen({ askedBefore: 12_000, saysSo: 22_500 })), "! 7 slave");
    });

    it("is none of one that it saw as master, however long ago", () => {
      assert.equal(said(seen({ askedBefore: 60_000, saysSo: 900_000 }, "master")), "7 master");
    });

    it("is one when it sees it down, or replaces it", () => {
      assert.equal(said(seen({ askedBefore: 0, saysSo: 0 }, "master", "s_down,master")), "! 7 master");
      const replacing = "s_down,o_down,master,failover_in_progress";
      assert.equal(said(seen({ askedBefore: 0, saysSo: 0 }, "master", replacing)), "! 7 master replacing");
    });
  });
}
