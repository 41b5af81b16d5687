// A Docker engine that answers: the one that is configured or running, else Debian's, installed and started.
//
// This is the only piece that changes the machine outside the clone, and only as root on Debian or Ubuntu.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run, which } from "../child.mjs";
import { DEFAULT_HOST, whyNoAnswer } from "../docker.mjs";
import { readIfThere, readJson } from "../files.mjs";
import { paths, readable } from "../paths.mjs";
import { step, Stop } from "../say.mjs";

const START_MS = 60_000;
const GRACE_MS = 10_000;

/**
 * The endpoint that the user chose, by variable or by context.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ host: string, by: string } | undefined}
 */
export function chosen(env) {
  if (env.DOCKER_HOST) return { host: env.DOCKER_HOST, by: "DOCKER_HOST" };
  const folder = env.DOCKER_CONFIG ?? join(env.HOME ?? "", ".docker");
  const context = env.DOCKER_CONTEXT ?? readJson(join(folder, "config.json"))?.currentContext ?? "default";
  if (context === "default") return undefined;
  const id = createHash("sha256").update(context).digest("hex");
  const host = readJson(join(folder, "contexts/meta", id, "meta.json"))?.Endpoints?.docker?.Host;
  if (!host)
    throw new Stop(`engine: the docker context "${context}" is chosen but not defined; see "docker context ls".`);
  return { host, by: `the docker context "${context}"` };
}

/** @param {string} host @param {string} by @returns {import("../piece.mjs").Found} */
const use = (host, by) => ({
  summary: `${host}, ${by}`,
  // Pulumi's plugin knows the default and DOCKER_HOST, but no contexts.
  variables: host === DEFAULT_HOST ? undefined : { DOCKER_HOST: host },
});

/** @param {NodeJS.ProcessEnv} env */
async function find(env) {
  const choice = chosen(env);
  if (choice) {
    const why = await whyNoAnswer(choice.host, env);
    if (why)
      throw new Stop(`engine: ${choice.host} (chosen by ${choice.by}): ${why}; start it, or choose another one.`);
    return use(choice.host, choice.by);
  }
  const rootless = env.XDG_RUNTIME_DIR && `unix://${env.XDG_RUNTIME_DIR}/docker.sock`;
  for (const host of [DEFAULT_HOST, rootless]) {
    if (host && !(await whyNoAnswer(host, env))) return use(host, "answers");
  }
  return undefined;
}

/** @param {NodeJS.ProcessEnv} env */
function refuseWhereUnable(env) {
  const release = readIfThere("/etc/os-release") ?? "";
  const debian = process.platform === "linux" && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
  if (!debian)
    throw new Stop(
      "engine: no Docker engine answers; install and start Docker (Docker Desktop, or your system's docker package), then start again.",
    );
  if (process.getuid?.() !== 0) {
    const command = which("dockerd", env, ["/usr/sbin"])
      ? "sudo systemctl start docker"
      : "sudo apt-get install docker.io iptables";
    throw new Stop(
      `engine: no Docker engine answers, and only root may change that; run "${command}" (and "sudo adduser $USER docker"), then start again.`,
    );
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function install(env) {
  await step("engine: installing Debian's docker.io and iptables", async (note) => {
    const options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];
    const quiet = { log: "engine", note, env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
    const get = () => run("apt-get", ["install", ...options, "docker.io", "iptables"], quiet);
    await get().catch(async () => {
      // Most often the package lists are missing or out of date.
      await run("apt-get", ["update"], quiet);
      await get();
    });
  });
}

/** A pid file whose process is another program's by now stops a daemon from starting.
 * @param {string} file @param {string} program
 */
function removeStalePid(file, program) {
  const pid = readIfThere(file)?.trim();
  if (pid && readIfThere(`/proc/${pid}/comm`)?.trim() !== program) rmSync(file, { force: true });
}

/** @param {NodeJS.ProcessEnv} env */
function startByHand(env) {
  removeStalePid("/var/run/docker.pid", "dockerd");
  removeStalePid("/var/run/docker/containerd/containerd.pid", "containerd");
  mkdirSync(paths.log, { recursive: true });
  const log = openSync(join(paths.log, "dockerd.log"), "a");
  // On its own, in a session of its own: it outlives this process and its terminal.
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log], env: withoutOurs(env), cwd: "/" });
  daemon.on("error", () => undefined).unref();
  return daemon;
}

/** The daemon must find its helpers, and shall not inherit the variables of an npm script.
 * @param {NodeJS.ProcessEnv} env
 */
function withoutOurs(env) {
  const kept = Object.entries(env).filter(([name]) => !/^(npm_|NODE_|PULUMI_|REDIS_)/i.test(name));
  return { ...Object.fromEntries(kept), PATH: `${env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };
}

/** @param {NodeJS.ProcessEnv} env */
async function start(env) {
  const service = existsSync("/run/systemd/system");
  const title = `engine: starting it ${service ? "by its service" : "(dockerd)"} and waiting for its answer`;
  await step(title, async (note) => {
    const log = join(paths.log, "dockerd.log");
    let until = Date.now() + START_MS;
    if (service) await run("systemctl", ["start", "docker"], { log: "engine", note, env });
    // One that gives up at once may have met another that is just starting; that one gets a little more time.
    else startByHand(env).on("exit", () => (until = Math.min(until, Date.now() + GRACE_MS)));
    for (; Date.now() < until; await sleep(100)) {
      if (!(await whyNoAnswer(DEFAULT_HOST, env))) return;
      note(lastLine(log));
    }
    throw new Stop(
      service
        ? `engine: started, but it does not answer; see "journalctl -u docker".`
        : `engine: dockerd does not answer; its last words: ${lastLine(log)} (${readable(log)}).`,
    );
  });
}

/** @param {string} file */
const lastLine = (file) => (existsSync(file) ? (readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "") : "");

/** @type {import("../piece.mjs").Piece} */
export const engine = {
  name: "engine",
  otherwise: "Debian's docker.io is installed and started (as root on Debian or Ubuntu)",
  find: ({ env }) => find(env),
  async get({ env }) {
    refuseWhereUnable(env);
    if (!which("dockerd", env, ["/usr/sbin"])) await install(env);
    await start(env);
    return use(DEFAULT_HOST, "answers");
  },
};
