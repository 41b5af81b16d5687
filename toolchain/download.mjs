// Official downloads: quick to notice that they cannot be had, and checked against the publisher's list of hashes.

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Long enough for a slow line's first answer, short enough for a network that swallows packets. */
const FIRST_ANSWER_MS = 3_000;
const SILENCE_MS = 20_000;

/** @param {NodeJS.ProcessEnv} env REDIS_TOOLCHAIN_PULUMI_URL names a mirror of the official downloads */
export const officialDownloads = (env) => env.REDIS_TOOLCHAIN_PULUMI_URL ?? "https://get.pulumi.com/releases/sdk";

/** Why a download was not to be had; callers go on with the local build and say so. */
export class Unavailable extends Error {
  name = "Unavailable";
}

/**
 * A small text file, such as a list of hashes. It is also the probe whether the server can be reached.
 * @param {string} url
 */
export async function fetchText(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FIRST_ANSWER_MS) });
    if (!response.ok) throw new Unavailable(`${new URL(url).host} answered ${response.status}`);
    return await response.text();
  } catch (error) {
    throw unavailable(url, error);
  }
}

/**
 * Downloads a file and refuses it unless its SHA-256 is the one given.
 * @param {string} url
 * @param {string} target
 * @param {string} sha256
 * @param {import("./say.mjs").Note} note
 */
export async function fetchFile(url, target, sha256, note) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) throw new Unavailable(`${new URL(url).host} answered ${response.status}`);
    let bytes = 0;
    const body = Readable.fromWeb(/** @type {import("node:stream/web").ReadableStream} */ (response.body));
    body.on("data", (chunk) => {
      bytes += chunk.length;
      note(`${(bytes / 1e6).toFixed(0)} MB`);
      timer.refresh();
    });
    await pipeline(body, createWriteStream(target));
  } catch (error) {
    throw unavailable(url, error);
  } finally {
    clearTimeout(timer);
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(target), hash);
  const is = hash.digest("hex");
  if (is !== sha256) throw new Unavailable(`refused ${url}: its SHA-256 is ${is}, the publisher says ${sha256}`);
}

/**
 * A file's hash in a list as `sha256sum` writes it.
 * @param {string} list
 * @param {string} file
 */
export function hashIn(list, file) {
  const line = list.split("\n").find((entry) => entry.trim().split(/\s+\*?/)[1] === file);
  const hash = line?.trim().split(/\s+/)[0] ?? "";
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Unavailable(`the publisher's list of hashes does not name ${file}`);
  return hash;
}

/** @param {string} url @param {unknown} error */
function unavailable(url, error) {
  if (error instanceof Unavailable) return error;
  const { name, cause, message } = /** @type {Error & { cause?: { code?: string } }} */ (error);
  const slow = name === "TimeoutError" || name === "AbortError";
  return new Unavailable(`${new URL(url).host} cannot be reached (${slow ? "no answer" : (cause?.code ?? message)})`);
}
