// Builds another image where no registry answers, another server's or an application's: the few packages of one Debian release, unpacked over the
// image that is there already (image-build.mjs). That takes seconds; a Debian of its own would take a minute.
//
// It is sound because apt itself decides what has to be added, with the base image's own list of packages in hand.

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { URLSearchParams } from "node:url";
import { run } from "./child.mjs";
import { debianMirror, downloadFor } from "./debs.mjs";
import { askFor } from "./docker.mjs";
import { makeFolder } from "./files.mjs";
import { giveFolder } from "./image-build.mjs";
import { paths } from "./paths.mjs";
import { step, Stop } from "./say.mjs";
import { IMAGE } from "./versions.mjs";

const ANSWER_MS = 30_000;
const STATUS = "var/lib/dpkg/status";

/**
 * @param {string} image its name; the base image must be on the engine
 * @param {import("./versions.mjs").Variant} variant
 * @param {string} host the engine
 * @param {NodeJS.ProcessEnv} env
 */
export async function buildVariant(image, variant, host, env) {
  const title = `image: building ${image} from Debian ${variant.debian}'s packages over ${IMAGE} (some seconds)`;
  await step(title, async (note) => {
    const base = await lookAtBase(host, env);
    // Unpacked once; another engine, or this one after its images were removed, gets the same again.
    const target = join(paths.made, "images", `${image.replaceAll(/[/:]/g, "-")}-${base.id}`);
    if (!existsSync(target)) {
      const quiet = { log: "image", note, env: { ...env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" } };
      const mirror = await debianMirror(quiet);
      if (!mirror) {
        throw new Stop(
          `image: ${image} cannot be pulled, and apt's sources name no Debian mirror to build it from; run "docker pull ${image}" where a registry answers.`,
        );
      }
      await makeFolder(target, (folder) => fill(folder, image, variant, { mirror, status: base.status }, quiet));
    }
    note("handing it to the engine");
    const query = new URLSearchParams({ t: image, networkmode: "none", rm: "1", forcerm: "1", version: "1" });
    await giveFolder(target, host, env, `/build?${query}`, ["--owner=0", "--group=0"]);
  });
}

/**
 * The base image's id and its list of packages, read from a container of it that is never started.
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 */
async function lookAtBase(host, env) {
  /** @param {string} method @param {string} path @param {object} [body] */
  const engine = async (method, path, body) => {
    const more = body ? { body: Readable.from([JSON.stringify(body)]), type: "application/json" } : {};
    const { status, text } = await askFor("image", host, env, { method, path, silenceMs: ANSWER_MS, ...more });
    if (status >= 300) throw new Stop(`image: the engine answers ${status} to ${method} ${path}: ${text.trim()}.`);
    return text;
  };
  const { Id: image } = JSON.parse(await engine("GET", `/images/${IMAGE}/json`));
  const { Id: container } = JSON.parse(await engine("POST", "/containers/create", { Image: image }));
  try {
    const archive = await engine("GET", `/containers/${container}/archive?path=/${STATUS}`);
    return { id: image.replace(/^sha256:/, "").slice(0, 12), status: onlyFileOf(archive) };
  } finally {
    await engine("DELETE", `/containers/${container}?force=1`);
  }
}

/** The text of a tar archive's only file: a header of 512 ASCII characters, the text, zeros.
 * @param {string} archive
 */
const onlyFileOf = (archive) => archive.slice(512).replace(/\0.*$/s, "");

/**
 * The entries of a list of packages that are not of Redis or Valkey: these are what is replaced.
 * @param {string} status
 */
export const withoutServers = (status) =>
  status
    .split(/\n\n+/)
    .filter((entry) => entry.trim() !== "" && !/^Package: (redis|valkey)/m.test(entry))
    .map((entry) => `${entry.trim()}\n\n`)
    .join("");

/**
 * @param {string} folder
 * @param {string} image
 * @param {import("./versions.mjs").Variant} variant
 * @param {{ mirror: string, status: string }} origin
 * @param {import("./child.mjs").RunOptions} quiet
 */
async function fill(folder, image, { debian, packages, series, program }, { mirror, status }, quiet) {
  const [apt, files] = [join(folder, "apt"), join(folder, "files")];
  mkdirSync(files);
  const kept = withoutServers(status);
  const archives = await downloadFor({ packages, release: debian, mirror, status: kept }, apt, quiet);
  const [main] = packages;
  let [installed, version] = [kept, ""];
  for (const archive of archives) {
    await run("dpkg-deb", ["-x", archive, files], quiet);
    const fields = (await run("dpkg-deb", ["-f", archive], quiet)).trim();
    installed += `${fields.replace("\n", "\nStatus: install ok installed\n")}\n\n`;
    if (fields.startsWith(`Package: ${main}\n`)) version = fields.match(/^Version: (?:\d+:)?(.*)$/m)?.[1] ?? "";
  }
  if (!version.startsWith(`${series}.`)) {
    throw new Stop(
      `image: Debian ${debian} has ${main} ${version || "no more"} by now, not the ${series} of ${image}; load an image by hand, or set another one.`,
    );
  }
  keepPrograms(files);
  // So that whoever looks into the image for what is installed finds the truth.
  mkdirSync(join(files, "var/lib/dpkg"), { recursive: true });
  writeFileSync(join(files, STATUS), installed);
  rmSync(apt, { recursive: true });
  const source = mirror.replace(/\/\/[^/@]*@/, "//");
  writeFileSync(join(folder, "Dockerfile"), dockerfile({ main, program, version }, `${debian} (${source})`));
}

/** What is kept of /usr; in its share/ Debian's Node.js has a part of itself. */
const KEPT = ["bin", "sbin", "lib", "share"];

/**
 * Leaves the programs and libraries, where the base image has them: its /lib, /bin and /sbin are links into /usr.
 * @param {string} files
 */
function keepPrograms(files) {
  for (const name of ["bin", "sbin", "lib"]) {
    const from = join(files, name);
    if (existsSync(from)) cpSync(from, join(files, "usr", name), { recursive: true, verbatimSymlinks: true });
  }
  for (const folder of [files, join(files, "usr")]) {
    for (const name of readdirSync(folder)) {
      const keep = folder === files ? ["usr"] : KEPT;
      if (!keep.includes(name)) rmSync(join(folder, name), { recursive: true });
    }
  }
  for (const name of ["doc", "man", "info", "locale", "lintian", "bash-completion"])
    rmSync(join(files, "usr/share", name), { recursive: true, force: true });
  rmSync(join(files, "usr/lib/systemd"), { recursive: true, force: true });
}

/**
 * @param {{ main: string, program: string, version: string }} what the main package, its program and version
 * @param {string} source
 */
function dockerfile({ main, program, version }, source) {
  const short = version.match(/^[\d.]+\d/)?.[0] ?? version;
  const name = main.replace(/-server$/, "").toUpperCase();
  const variables = { REDIS_VERSION: "", VALKEY_VERSION: "", [`${name}_VERSION`]: short };
  return `${[
    `FROM ${IMAGE}`,
    "USER root",
    // The base image's own server: the scripts in the containers would take it instead.
    "RUN rm -f /usr/bin/redis-* /usr/local/bin/redis-*",
    "COPY files/ /",
    "WORKDIR /data",
    `ENV ${Object.entries(variables)
      .map(([name, value]) => `${name}="${value}"`)
      .join(" ")}`,
    "ENTRYPOINT []",
    `CMD ["${program}"]`,
    `LABEL org.opencontainers.image.title="${main} ${version} from Debian ${source}"`,
    `LABEL org.opencontainers.image.description="Built by toolchain/image-variant.mjs because no image registry was reachable; not the official image"`,
  ].join("\n")}\n`;
}
