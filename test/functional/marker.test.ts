import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runInShell, SHELLS } from "../support/shells";

const library = resolve(__dirname, "../../node/lib-marker.sh");

for (const shell of SHELLS) {
  describe(`the marker (${shell.join(" ")})`, () => {
    interface Look {
      readonly role: string;
      readonly rewrites?: string;
      /** What was recorded before: the role and the history, with 100 for the offset. */
      readonly before?: readonly [role: string, replid: string];
      /** The history that the server goes on from since offset 900. */
      readonly second?: string;
    }

    /** What it says after a look at a server that has its data set at offset 900. */
    const recorded = ({ role, rewrites = "no", before = ["replica", "old"], second = "-" }: Look) => {
      const folder = mkdtempSync(join(tmpdir(), "redis-on-docker-marker-"));
      try {
        runInShell(
          shell,
          `set -u; DATA_DIR='${folder}' SELF=a:1 NO_PAST=0.0
          . '${library}'
          now() { echo 0; }; put_file() { echo "$2" >"$1"; }; short_id() { printf %.12s "$1"; }
          ask_info() { INFO_ROLE=${role} INFO_MASTER=b:1 INFO_LINK=up INFO_REWRITES=${rewrites} INFO_DATA=data INFO_REPLID=new
            INFO_REPLID2=${second} INFO_SECOND=901 INFO_OFFSET=900 INFO_AOF=0; }
          OWN_SERVER=here
          read_marker; LAST_ROLE=${before[0]} LAST_REPLID=${before[1]} LAST_OFFSET=100 LAST_PAST=older.50.0.0
          record_state`,
        );
        const marker = readFileSync(join(folder, "node.state"), "utf8");
        const field = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(marker)![1];
        return { data: ["role", "replid", "offset"].map(field).join(" "), past: field("past") };
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    it("tells of a copied data set only when the disk has it: until the file is rewritten, that has the older one", () => {
      assert.equal(recorded({ role: "replica", rewrites: "yes" }).data, "replica old 100");
      assert.equal(recorded({ role: "replica" }).data, "replica new 900");
    });

    it("tells of a master's data always", () => {
      assert.equal(recorded({ role: "master", rewrites: "yes" }).data, "master new 900");
    });

    it("tells of the histories that the data went through, also of one that it was promoted from at once", () => {
      const past = (look: Look) => recorded(look).past;
      const second = "copied";
      assert.equal(past({ role: "replica", second, before: ["replica", "copied"] }), "copied.900.older.50.0.0");
      assert.equal(past({ role: "master", second, before: ["replica", "copied"] }), "copied.900.older.50.0.0");
      assert.equal(past({ role: "master", second, before: ["replica", "old"] }), "copied.900.old.100.older.50");
      assert.equal(past({ role: "master", second, before: ["none", "none"] }), "copied.900.0.0");
      assert.equal(past({ role: "master", second, before: ["replica", "none"] }), "copied.900.0.0");
      assert.equal(past({ role: "master", second, before: ["master", "old"] }), "old.100.older.50.0.0");
      assert.equal(past({ role: "replica" }), "0.0");
    });
  });
}
