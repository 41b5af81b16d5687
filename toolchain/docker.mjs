// A small client for Docker's HTTP API: enough to ask an engine whether it is there and to give it an image.
//
// It needs no `docker` command (an engine may be there without one), except for ssh:// endpoints.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { Stop } from "./say.mjs";

export const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * How to reach an endpoint, in the terms of node:http.
 * @param {string} host as in DOCKER_HOST
 * @param {NodeJS.ProcessEnv} env
 * @returns {https.RequestOptions}
 */
function reach(host, env) {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  if (host.startsWith("ssh://")) return { createConnection: () => dial(host, env) };
  const { hostname, port, protocol } = new URL(host);
  if (!env.DOCKER_TLS_VERIFY && protocol !== "https:") return { host: hostname, port: port || 2375 };
  const certificates = env.DOCKER_CERT_PATH ?? join(env.HOME ?? "", ".docker");
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => readFileSync(join(certificates, `${name}.pem`)));
  return { host: hostname, port: port || 2376, protocol: "https:", ca, cert, key };
}

/** The `docker` command knows ssh: it lends its connection.
 * @param {string} host @param {NodeJS.ProcessEnv} env
 */
function dial(host, env) {
  const child = spawn("docker", ["-H", host, "system", "dial-stdio"], { env, stdio: ["pipe", "pipe", "ignore"] });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  child.on("error", (error) => stream.destroy(error));
  stream.on("close", () => child.kill());
  return stream;
}

/**
 * @typedef {object} Request
 * @property {string} [method]
 * @property {string} path
 * @property {number} silenceMs for how long nothing may be heard before the first answer
 * @property {number} [laterMs] and for how long after it
 * @property {NodeJS.ReadableStream} [body]
 * @property {string} [type] media type of the body
 * @property {(text: string) => void} [onChunk]
 */

/**
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 * @param {Request} request
 * @returns {Promise<{ status: number, text: string }>}
 */
export function ask(host, env, { method = "GET", path, silenceMs, laterMs = silenceMs, body, type, onChunk }) {
  return new Promise((resolve, reject) => {
    const options = reach(host, env);
    const { request } = options.protocol === "https:" ? https : http;
    const headers = { Host: "docker", Connection: "close", ...(type ? { "Content-Type": type } : {}) };
    const call = request({ ...options, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
        onChunk?.(chunk);
        patience(laterMs);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    /** @param {number} ms */
    const patience = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => call.destroy(new Error(`no answer for ${ms / 1000} s`)), ms);
    };
    patience(silenceMs);
    call.on("error", reject);
    call.on("close", () => clearTimeout(timer));
    if (!body) return void call.end();
    body.on("data", () => patience(silenceMs));
    body.on("error", (error) => call.destroy(/** @type {Error} */ (error)));
    body.pipe(call);
  });
}

/**
 * The same for a piece, whose failures are sentences: an engine that answers a ping may still fall silent.
 * @param {string} piece
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 * @param {Request} request
 */
export async function askFor(piece, host, env, request) {
  try {
    return await ask(host, env, request);
  } catch (error) {
    const what = `${request.method ?? "GET"} ${request.path}`;
    throw new Stop(
      `${piece}: the engine ${host} did not do ${what}: ${reasonOf(error)}; see whether it is busy or hangs, then start again.`,
    );
  }
}

/**
 * Undefined if the engine answers, else why not, in a few words.
 * @param {string} host
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>}
 */
export async function whyNoAnswer(host, env) {
  try {
    const { status } = await ask(host, env, { path: "/_ping", silenceMs: host.startsWith("ssh:") ? 10_000 : 2_000 });
    return status === 200 ? undefined : `answers ${status}`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  const { code, syscall, message } = /** @type {NodeJS.ErrnoException} */ (error);
  // Else it is a certificate that cannot be read, or no command docker for ssh.
  if (syscall === "connect") {
    if (code === "EACCES") return "access is denied; join the group docker (or be root)";
    if (code === "ENOENT" || code === "ECONNREFUSED") return "nobody is listening";
  }
  return message;
}

/**
 * "redis:8.0.2" and "registry:5000/redis@sha256:..." in their two parts.
 * @param {string} image
 */
export function splitImage(image) {
  const [name = "", digest] = image.split("@");
  if (digest) return { name: name.replace(/:[^/]*$/, ""), tag: digest };
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/")
    ? { name: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { name, tag: "latest" };
}
