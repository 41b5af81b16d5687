import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { DATA_DIR } from "../../node/program";
import { accessOf } from "../../outputs/access";
import { container } from "../support/engine";
import { applicationClient, atMost, D, Fault, sharedGroup, withMember, type FaultGroup } from "../support/faults";
import { waitFor } from "../support/waitFor";

const fullDisk = new Fault("10a-full-disk", "The master's disk is full, with an append-only file");
const outOfMemory = new Fault("10b-out-of-memory", "The master is ended by the kernel for want of memory");
const corrupt = new Fault("10c-corrupt-data", "A replica's data on disk is corrupt when it starts");

const MiB = 1024 * 1024;

describe("one node is broken", () => {
  before(function () {
    if (process.getuid?.() !== 0) {
      console.log("  broken nodes: only root can fill a volume's disk or spoil its files");
      this.skip();
    }
  });
  for (const fault of [fullDisk, outOfMemory, corrupt]) {
    after(() => fault.report());
  }

  it("a full disk: the master refuses writes, the commands say why; it is replaced, and takes none when there is room again", async () => {
    const group = await sharedGroup();
    const small = (await group.replicas())[0]!.name;
    await group.kill(small);
    await group.emptyVolume(small);
    const disk = await volumeOf(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=48m,uid=999,gid=999,mode=0700", "tmpfs", disk]);
    try {
      await group.start(small);
      await group.healthy();
      const { output } = await group.command("failover", "--to", small, "--yes");
      assert.equal((await group.master()).name, small, output);
      const { lost } = await fullDisk.round(group, async ({ mark, load, roles }) => {
        mark("disk full");
        fill(disk);
        await waitFor("refused writes", () => (load.failed.get("MISCONF") ?? 0) > 100, { timeoutMs: 30_000 });
        for (const { by, code, output: said } of await group.judged()) {
          assert.equal(code, 1, `${by} with a full disk:\n${said}`);
          assert.match(said, /MISCONF|No space|disk/i, `${by} says what is wrong`);
        }
        await roles.another(small, atMost(D + 5000));
        // Sentinel would demote it only some seconds after there is room, and it takes writes until then.
        await waitFor(`${small} to give way`, () => roles.roleOf(small) !== "master", { timeoutMs: atMost(3000) });
        mark("room again");
        execFileSync("rm", [`${disk}/ballast`]);
        await load.more(500, 10);
      });
      assert.equal(lost.length, 0, "acknowledged writes that were lost");
    } finally {
      // Otherwise the disk is still in use.
      await group.kill(small);
      execFileSync("umount", [disk]);
      await group.start(small);
    }
  });

  it("an out-of-memory kill: another node takes over, and it comes back once it has the memory", async () => {
    const group = await sharedGroup();
    const { name } = await group.master();
    const { lostConfirmed } = await outOfMemory.round(group, async ({ mark, roles, load }) => {
      mark(`${name} has 64 MiB`);
      await container(name).update({ Memory: 64 * MiB, MemorySwap: 64 * MiB });
      const client = applicationClient(group.contract.connection);
      try {
        const bulk = Array.from({ length: 90 }, (_, index) => client.set(`bulk:${index}`, Buffer.alloc(MiB, "x")));
        await roles.another(name, atMost(30_000));
        mark("another master");
        await Promise.allSettled(bulk);
        await load.more(500, 10);
        await container(name).update({ Memory: 4096 * MiB, MemorySwap: 4096 * MiB });
        mark("memory again");
        await group.start(name);
        await group.healthy();
        await client.unlink(...Array.from({ length: 90 }, (_, index) => `bulk:${index}`));
      } finally {
        client.disconnect();
      }
    });
    assert.equal(lostConfirmed.length, 0, "confirmed writes that were lost");
    await group.up();
  });

  it("corrupt data of a replica: the others go on, and it is set aside and filled again by itself", async () => {
    const group = await sharedGroup();
    const { name } = (await group.replicas())[0]!;
    await rewriteOwnFile(group, name);
    const { lost, gapMs, handOvers } = await corrupt.round(group, async ({ mark }) => {
      await group.kill(name);
      spoil(await volumeOf(name));
      mark(`${name} started with corrupt data`);
      await group.start(name);
      await group.healthy();
      mark("filled again");
      assert.ok(existsSync(join(await volumeOf(name), "set-aside", "appendonlydir")), "what was damaged is set aside");
    });
    assert.equal(lost.length, 0, "acknowledged writes that were lost");
    assert.equal(handOvers, 0, "changes of the master");
    assert.ok(gapMs < atMost(1000), `longest gap ${gapMs} ms`);
  });
});

/** Where a member's volume lies on the engine's host. */
async function volumeOf(name: string): Promise<string> {
  const { Mounts } = await container(name).inspect();
  return Mounts.find(({ Destination }) => Destination === DATA_DIR)!.Source;
}

/** Writes until there is no room. */
function fill(folder: string): void {
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${folder}/ballast`, "bs=64k"], { stdio: "pipe" });
  } catch {
    // It ends with an error, which is what was wanted.
  }
}

/** Garbage instead of everything that the server would load, of the same length. */
function spoil(folder: string): void {
  const files = execFileSync("find", [folder, "-name", "*.base.*", "-o", "-name", "dump.rdb"], { encoding: "utf8" });
  for (const file of files.split("\n").filter(Boolean)) {
    execFileSync("dd", ["if=/dev/urandom", `of=${file}`, "bs=64", "count=1", "conv=notrunc"], { stdio: "pipe" });
  }
}

/** Sees to it that the data lies in the append-only file's base. */
async function rewriteOwnFile(group: FaultGroup, name: string): Promise<void> {
  await withMember(group.member(name), accessOf(group.contract, "admin"), async (client) => {
    await client.bgrewriteaof();
    await waitFor("the append-only file to be rewritten", async () => {
      const info = await client.info("persistence");
      return info.includes("aof_rewrite_in_progress:0") && info.includes("aof_rewrite_scheduled:0");
    });
  });
}
