import type * as docker from "@pulumi/docker";
import { SERVER_USER } from "../engine/serverUser";

const HARMLESS = "noexec,nosuid,nodev";

/** Enough for what a shell puts there for a moment; it counts against the container's memory. */
const SCRATCH = `rw,${HARMLESS},mode=1777,size=1m,nr_inodes=256`;

/** Empty and read-only, over a folder of the image in which the user could write. */
const COVER = `ro,${HARMLESS},mode=0555,size=4k`;

/** Folders in which everybody may write in the usual images, and those that Debian's package gives to its user. */
const COVERED = ["/var/tmp", "/run/lock", "/var/lib/redis", "/etc/redis"];

/**
 * What keeps a container in its bounds, the same for every member.
 *
 * The root file system itself cannot be read-only: the provider uploads files to `/`, which the engine refuses then.
 * So every place in it where the user could write is covered by a mount; a test looks for others.
 */
export const confinement = {
  user: SERVER_USER,
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
  // Redis shares no memory with other processes, and /dev/shm would be one more writable place.
  ipcMode: "none",
  tmpfs: { "/tmp": SCRATCH, ...Object.fromEntries(COVERED.map((folder) => [folder, COVER])) },
  // The core of a server would be all of its memory, keys and passwords, as a file beside its data.
  ulimits: [{ name: "core", soft: 0, hard: 0 }],
} satisfies Partial<docker.ContainerArgs>;
