import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, it } from "mocha";
import { SHELLS } from "../support/shells";

const LIBRARY = resolve(__dirname, "../../node/lib-handover-lock.sh");
const ROUNDS = 10;
const AT_ONCE = 12;

/** Takes the lock, says how that ended, and holds it until its input ends. */
const TAKER = `set -u; DATA_DIR=$1; . "${LIBRARY}"; read -r go; take_handover; echo $?; read -r go`;

for (const [program, ...words] of SHELLS) {
  describe(`one hand-over at a time (${[program, ...words].join(" ")})`, () => {
    let folder: string;
    let takers: ChildProcess[];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "redis-on-docker-lock-"));
      takers = [];
    });
    afterEach(() => {
      takers.forEach((taker) => taker.kill("SIGKILL"));
      rmSync(folder, { recursive: true });
    });

    /** Starts takers, lets all of them go at the same time, and gives what they say; each holds what it has taken. */
    async function take(count: number): Promise<readonly string[]> {
      const group = Array.from({ length: count }, () =>
        spawn(program, [...words, "-c", TAKER, "handover", folder], { stdio: ["pipe", "pipe", "inherit"] }),
      );
      takers.push(...group);
      const said = group.map(async ({ stdout }) => String((await once(createInterface(stdout), "line"))[0]));
      group.forEach(({ stdin }) => stdin.write("go\n"));
      return Promise.all(said);
    }

    async function end(): Promise<void> {
      const ended = takers.map((taker) => once(taker, "exit"));
      takers.forEach((taker) => taker.kill("SIGKILL"));
      await Promise.all(ended);
      takers = [];
    }

    it(`of ${AT_ONCE} that find what a killed one left, one has it (${ROUNDS} rounds)`, async function () {
      this.timeout(60_000);
      symlinkSync(String(spawnSync("true").pid), join(folder, "handover.pid"));
      for (let round = 0; round < ROUNDS; round += 1) {
        const said = await take(AT_ONCE);
        assert.deepEqual([...said].sort(), ["0", ...Array<string>(AT_ONCE - 1).fill("1")], `round ${round}`);
        // Killed, it leaves it to the next round.
        await end();
      }
      assert.deepEqual(readdirSync(folder), ["handover.pid"]);
    });

    it("what was left over by a process of the same number is its own", () => {
      const script = `set -u; DATA_DIR=$1; . "${LIBRARY}"; ln -s $$ "$HANDOVER_PID"; take_handover; echo $?`;
      const { stdout } = spawnSync(program, [...words, "-c", script, "handover", folder], { encoding: "utf8" });
      assert.equal(stdout, "0\n");
    });

    it("is refused for another reason where it cannot be noted", () => {
      const script = `set -u; DATA_DIR=$1/nowhere; . "${LIBRARY}"; take_handover; echo $?`;
      const { stdout } = spawnSync(program, [...words, "-c", script, "handover", folder], { encoding: "utf8" });
      assert.equal(stdout, "2\n");
    });
  });
}
