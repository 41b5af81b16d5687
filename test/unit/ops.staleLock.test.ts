import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { releaseStaleLocks } from "../../ops/staleLock";

describe("locks of killed updates", () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "redis-locks-"));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  const lock = (stack: string, name: string, content: unknown): string => {
    const folder = join(state, ".pulumi", "locks", "organization", "redis-on-docker", stack);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${name}.json`);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };
  const release = (stack: string) => releaseStaleLocks(stack, `file://${state}`, (pid) => pid === 1);

  it("are removed when the process is gone, and no other", () => {
    const dead = lock("dev", "dead", { pid: 4711, hostname: hostname(), username: "x", timestamp: "t" });
    const others = [
      lock("dev", "alive", { pid: 1, hostname: hostname() }),
      lock("dev", "elsewhere", { pid: 4711, hostname: `not-${hostname()}` }),
      lock("dev", "unfinished", '{"pid":'),
      lock("prod", "other-stack", { pid: 4711, hostname: hostname() }),
    ];
    assert.deepEqual(release("dev"), [4711]);
    assert.equal(existsSync(dead), false);
    assert.ok(others.every(existsSync));
  });

  it("are found for a stack that is named in full", () => {
    lock("dev", "dead", { pid: 4711, hostname: hostname() });
    assert.deepEqual(release("organization/redis-on-docker/dev"), [4711]);
  });

  it("are nobody's business where nothing was locked, or the state is no folder", () => {
    assert.deepEqual(release("dev"), []);
    assert.deepEqual(releaseStaleLocks("dev", "https://api.pulumi.com"), []);
    assert.deepEqual(releaseStaleLocks("dev", undefined), []);
  });
});
