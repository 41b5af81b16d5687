// Builds the default Redis image from Debian's packages, for machines that reach a Debian mirror but no image registry.
//
// debootstrap makes the smallest Debian that runs Redis, every package checked against Debian's keys; the rest
// makes it like the official image where this project could notice: user and group `redis` with id 999, /data
// theirs, redis-server as the command. Labels say how it was made.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { URLSearchParams } from "node:url";
import { run, which } from "./child.mjs";
import { commandFolder, debianMirror, getTool } from "./debs.mjs";
import { askFor, splitImage } from "./docker.mjs";
import { makeFolder } from "./files.mjs";
import { paths } from "./paths.mjs";
import { step, Stop } from "./say.mjs";
import { IMAGE, IMAGE_DEBIAN } from "./versions.mjs";

const ID = "999";
/** What a container never reads; a third of the size. */
const USELESS = [
  "var/lib/apt/lists",
  "var/cache/apt",
  "var/log",
  "usr/share/doc",
  "usr/share/man",
  "usr/share/info",
  "usr/share/locale",
];

/**
 * @param {string} host the engine
 * @param {NodeJS.ProcessEnv} env
 */
export async function buildImage(host, env) {
  if (process.getuid?.() !== 0) {
    throw new Stop(
      `image: ${IMAGE} cannot be pulled, and only root can build it; run "docker pull ${IMAGE}" where a registry answers, or start again as root.`,
    );
  }
  await step(`image: building ${IMAGE} from Debian ${IMAGE_DEBIAN}'s packages (about a minute)`, async (note) => {
    const mirror = await debianMirror({ log: "image", note, env });
    if (!mirror) {
      throw new Stop(
        `image: ${IMAGE} cannot be pulled, and apt's sources name no Debian mirror to build it from; run "docker pull ${IMAGE}" where a registry answers.`,
      );
    }
    const target = join(paths.made, "image");
    await makeFolder(target, async (folder) => {
      await bootstrap(folder, mirror, env, note);
      const version = redisVersion(folder);
      if (!version.startsWith(`${splitImage(IMAGE).tag}-`)) {
        throw new Stop(
          `image: Debian ${IMAGE_DEBIAN} has Redis ${version} by now, not the one of ${IMAGE}; set another image (toolchain/versions.mjs).`,
        );
      }
      await likeTheOfficialOne(folder, env, note);
      note("handing it to the engine");
      await hand(folder, host, env, { mirror, version });
    });
    rmSync(target, { recursive: true });
  });
}

/**
 * @param {string} folder
 * @param {string} mirror
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
async function bootstrap(folder, mirror, env, note) {
  // It downloads with wget, which a bare Debian does not have either.
  const commands = which("wget", env) ? ["debootstrap"] : ["debootstrap", "wget"];
  await getTool({ name: "debootstrap", packages: commands, commands }, env, note);
  const tool = join(paths.debs, "debootstrap");
  const args = ["--variant=minbase", "--include=redis-server,redis-sentinel,redis-tools", IMAGE_DEBIAN, folder, mirror];
  await run(join(tool, "usr/sbin/debootstrap"), args, {
    log: "image",
    note,
    env: {
      ...env,
      DEBOOTSTRAP_DIR: join(tool, "usr/share/debootstrap"),
      PATH: `${env.PATH}:/usr/sbin:/sbin:${commandFolder}`,
    },
  });
}

/** @param {string} folder */
function redisVersion(folder) {
  const status = readFileSync(join(folder, "var/lib/dpkg/status"), "utf8");
  const entry = status.split("\n\n").find((text) => text.startsWith("Package: redis-server\n"));
  return entry?.match(/^Version: (?:\d+:)?(.*)$/m)?.[1] ?? "unknown";
}

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @param {import("./say.mjs").Note} note
 */
async function likeTheOfficialOne(folder, env, note) {
  const inside = { log: "image", note, env: { ...env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } };
  await run("chroot", [folder, "groupmod", "-g", ID, "redis"], inside);
  await run("chroot", [folder, "usermod", "-u", ID, "-g", ID, "-d", "/data", "redis"], inside);
  mkdirSync(join(folder, "data"));
  for (const path of ["data", "etc/redis", "var/lib/redis"])
    await run("chown", ["-R", `${ID}:${ID}`, join(folder, path)], inside);
  for (const path of USELESS) {
    for (const entry of existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : []) {
      rmSync(join(folder, path, entry), { recursive: true });
    }
  }
  writeFileSync(join(folder, "etc/hostname"), "");
}

/**
 * @param {string} folder
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 * @param {{ mirror: string, version: string }} origin
 */
async function hand(folder, host, env, { mirror, version }) {
  const { name, tag } = splitImage(IMAGE);
  const changes = [
    "WORKDIR /data",
    "EXPOSE 6379",
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `ENV REDIS_VERSION=${tag}`,
    'CMD ["redis-server"]',
    `LABEL org.opencontainers.image.title="Redis ${version} from Debian ${IMAGE_DEBIAN}"`,
    `LABEL org.opencontainers.image.description="Built by toolchain/image-build.mjs with debootstrap because no image registry was reachable; not the official image"`,
    `LABEL org.opencontainers.image.source="${mirror.replace(/\/\/[^/@]*@/, "//")}"`,
  ];
  const query = new URLSearchParams({ fromSrc: "-", repo: name, tag, message: "debootstrap" });
  for (const change of changes) query.append("changes", change);
  await giveFolder(folder, host, env, `/images/create?${query}`);
}

/**
 * Sends a folder as an archive to the engine, which makes an image of it or says why not.
 * @param {string} folder
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 * @param {string} path of the engine's API
 * @param {string[]} [options] of tar
 */
export async function giveFolder(folder, host, env, path, options = []) {
  const words = ["-C", folder, "--numeric-owner", ...options, "-c", "."];
  const tar = spawn("tar", words, { env, stdio: ["ignore", "pipe", "ignore"] });
  tar.on("error", (error) => tar.stdout.destroy(error));
  const { status, text } = await askFor("image", host, env, {
    method: "POST",
    path,
    body: tar.stdout,
    silenceMs: 120_000,
  });
  if (status !== 200 || text.includes('"error"'))
    throw new Stop(`image: the engine does not take it (${status}): ${text.trim().split("\n").at(-1)}.`);
}
