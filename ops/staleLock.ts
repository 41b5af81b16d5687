import { readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { shortStackName } from "./words";

const lockSchema = z.object({ pid: z.int(), hostname: z.string() });

/**
 * Takes away the locks that killed updates left on a stack, so that the next one can repair what they left half done.
 * Only locks of this machine's processes that are gone, and only where the state lies in files: any other backend frees
 * its locks by itself, or with `pulumi cancel`.
 *
 * @param backend as in `PULUMI_BACKEND_URL`.
 * @param isAlive whether there is a process with this id on this machine.
 * @returns the ids of the processes whose locks are gone.
 */
export function releaseStaleLocks(
  stack: string,
  backend: string | undefined,
  isAlive: (pid: number) => boolean = processIsAlive,
): readonly number[] {
  if (backend?.startsWith("file:///") !== true) {
    return [];
  }
  const locks = join(fileURLToPath(backend), ".pulumi", "locks");
  return lockFiles(locks, shortStackName(stack)).flatMap((file) => {
    const pid = ownerOf(file);
    if (pid === undefined || isAlive(pid)) {
      return [];
    }
    rmSync(file, { force: true });
    return [pid];
  });
}

/** `locks/organization/PROJECT/STACK/ID.json` */
function lockFiles(locks: string, stack: string): readonly string[] {
  try {
    return readdirSync(locks, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json") && entry.parentPath.endsWith(`/${stack}`))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // Nothing was ever locked.
    return [];
  }
}

/** The process that holds a lock, if it is one of this machine's. */
function ownerOf(file: string): number | undefined {
  try {
    const lock = lockSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return lock.success && lock.data.hostname === hostname() ? lock.data.pid : undefined;
  } catch {
    // Gone meanwhile, or not yet written: somebody is at work.
    return undefined;
  }
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Killed, with nobody who asked for its exit code yet: in a container without an init process, for good. */
function isZombie(pid: number): boolean {
  try {
    return / Z \d+ /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // Not Linux.
    return false;
  }
}
