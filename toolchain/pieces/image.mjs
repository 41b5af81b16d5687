// The Redis image on the engine: there already, else pulled, else (those named in versions.mjs) built from Debian packages.

import { join } from "node:path";
import { URLSearchParams } from "node:url";
import { ask, askFor, DEFAULT_HOST, splitImage } from "../docker.mjs";
import { Unavailable } from "../download.mjs";
import { readIfThere } from "../files.mjs";
import { buildImage } from "../image-build.mjs";
import { buildVariant } from "../image-variant.mjs";
import { root } from "../paths.mjs";
import { say, step, Stop } from "../say.mjs";
import { IMAGE, VARIANTS } from "../versions.mjs";

/** Those that need no registry. */
const buildable = [IMAGE, ...Object.keys(VARIANTS)];

/** A registry's name that does not resolve is known at once; one that swallows packets must not cost more than this. */
const FIRST_ANSWER_MS = 10_000;
const SILENCE_MS = 60_000;

/**
 * The image that a command's stack is set to, if it is one that can be built. Any other one is left to Pulumi, which
 * has the user's credentials for its registry.
 * @param {string[]} args of the command: the stack is the first word, or `--stack`'s
 * @param {string} [folder] with the stacks' files
 */
export function stackImage(args, folder = root) {
  const option = args.find((_, at) => ["--stack", "-s"].includes(args[at - 1] ?? ""));
  const stack = option ?? (args[0]?.match(/^\w/) ? args[0] : "dev");
  const text = readIfThere(join(folder, `Pulumi.${stack}.yaml`));
  const image = text?.match(/^\s+redis-on-docker:image:\s*["']?([^\s"'#]+)/m)?.[1];
  return buildable.find((name) => name === image);
}

/** @param {import("../piece.mjs").Context} context */
const hostOf = ({ env, found }) => found.engine?.variables?.DOCKER_HOST ?? env.DOCKER_HOST ?? DEFAULT_HOST;

/**
 * @param {import("../piece.mjs").Context} context
 * @param {import("../say.mjs").Note} note
 */
async function pull(context, note) {
  const { name, tag } = splitImage(context.image);
  const { status, text } = await ask(hostOf(context), context.env, {
    method: "POST",
    path: `/images/create?${new URLSearchParams({ fromImage: name, tag })}`,
    silenceMs: FIRST_ANSWER_MS,
    laterMs: SILENCE_MS,
    onChunk: (chunk) => note(chunk.trim().split("\n").at(-1)?.slice(0, 100) ?? ""),
  });
  // A pull that fails half way has answered 200 long before.
  const error = text.match(/"(?:error|message)":"((?:[^"\\]|\\.)*)"/)?.[1];
  if (status !== 200 || error) throw new Unavailable(error?.replaceAll('\\"', "'") ?? `the engine answered ${status}`);
}

/** @type {import("../piece.mjs").Piece["find"]} */
async function find(context) {
  const { status } = await askFor("image", hostOf(context), context.env, {
    path: `/images/${context.image}/json`,
    silenceMs: SILENCE_MS,
  });
  return status === 200 ? { summary: `${context.image} is on the engine` } : undefined;
}

/** @param {import("../piece.mjs").Context} context */
async function build(context) {
  const variant = VARIANTS[context.image];
  if (!variant) return buildImage(hostOf(context), context.env);
  const base = { ...context, image: IMAGE };
  if (!(await find(base))) await image.get(base);
  await buildVariant(context.image, variant, hostOf(context), context.env);
}

/** @type {import("../piece.mjs").Piece} */
export const image = {
  name: "image",
  otherwise: `it is pulled, or (${buildable.join(", ")}) built from Debian's packages`,
  // Without an engine there is no image to look at.
  find: async (context) => (context.found.engine ? find(context) : undefined),

  async get(context) {
    const canBuild = buildable.includes(context.image);
    if (!(context.offline && canBuild)) {
      try {
        await step(`image: pulling ${context.image}`, (note) => pull(context, note));
        return { summary: `${context.image}, pulled` };
      } catch (error) {
        const why = /** @type {Error} */ (error).message;
        if (!canBuild) {
          throw new Stop(
            `image: ${context.image} is not on the engine and cannot be pulled (${why}); pull or load it by hand, or set another one (${buildable.join(", ")} can be built here).`,
          );
        }
        say(`image: ${why}; building it instead`);
      }
    }
    await build(context);
    return { summary: `${context.image}, built from Debian's packages` };
  },
};
