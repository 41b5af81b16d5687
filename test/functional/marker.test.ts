import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runInShell, SHELLS } from "../support/shells";

const library = resolve(__dirname, "../../node/lib-marker.sh");

for (const shell of SHELLS) {
  describe(`the marker (${shell.join(" ")})`, () => {
    /** What it says of the data after a look at a server that copied its master's data set at offset 900. */
    const recorded = (role: string, rewrites: string): string => {
      const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-marker-"));
      try {
        runInShell(
          shell,
          `set -u; DATA_DIR='${folder}' SELF=a:1 NO_PAST=0.0
          . '${library}'
          now() { echo 0; }; short_id() { printf %.12s "$1"; }
          ask_info() { INFO_ROLE=${role} INFO_MASTER=b:1 INFO_LINK=up INFO_REWRITES=${rewrites} INFO_DATA=data INFO_REPLID=new
            INFO_REPLID2=- INFO_SECOND=0 INFO_OFFSET=900 INFO_AOF=0 INFO_AOF_BASE=0; }
          OWN_SERVER=here
          read_marker; LAST_REPLID=old LAST_OFFSET=100
          record_state`,
        );
        const marker = readFileSync(join(folder, "node.state"), "utf8");
        return ["role", "replid", "offset"].map((key) => new RegExp(`^${key}=(.*)$`, "m").exec(marker)![1]).join(" ");
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    it("tells of a copied data set only when the disk has it: until the file is rewritten, that has the older one", () => {
      assert.equal(recorded("replica", "yes"), "replica old 100");
      assert.equal(recorded("replica", "no"), "replica new 900");
    });

    it("tells of a master's data always", () => {
      assert.equal(recorded("master", "yes"), "master new 900");
    });
  });
}
