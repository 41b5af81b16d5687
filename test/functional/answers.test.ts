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
  ...["# Persistence", "loading:0", "async_loading:0", "aof_current_size:500", "aof_base_size:89", ""],
];

function parsed(shell: Shell, lines: readonly string[]): string {
  const script = `STANDBY=127.0.0.1:1; . '${library}'
    parse_info "$(cat <<'INFO'\n${lines.join("\n")}\nINFO\n)"
    echo "$INFO_ROLE $INFO_MASTER $INFO_LINK $INFO_DATA $INFO_OFFSET $INFO_AOF $INFO_AOF_BASE"\n`;
  return runInShell(shell, script).trim();
}

for (const shell of SHELLS) {
  describe(`what a node answers (${shell.join(" ")})`, () => {
    it("is read from INFO", () => {
      assert.equal(parsed(shell, WHOLE), "replica 10.0.0.1:6379 up data 1000 500 89");
    });

    it("counts as no answer when it was cut short anywhere: no data must not be taken for an empty node", () => {
      const end = WHOLE.indexOf("loading:0");
      for (let length = 0; length <= end; length += 1) {
        assert.match(parsed(shell, WHOLE.slice(0, length)), /^down \S+ down /, WHOLE.slice(0, length).join(" "));
      }
    });
  });
}
