// Which pieces each command needs, and which it only uses when they happen to be there.

/** @typedef {import("./piece.mjs").PieceName} PieceName */
/** @typedef {{ needs: PieceName[], uses?: PieceName[] }} Needs */

/** @type {PieceName[]} */
const program = ["node", "dependencies"];
/** @type {PieceName[]} */
const pulumi = [...program, "pulumi", "plugins", "state"];
/** @type {PieceName[]} */
const deployment = [...pulumi, "engine", "image"];
/** @type {PieceName[]} */
const testTools = ["redis", "shellcheck", "busybox", "compiler"];
/** @type {PieceName[]} */
const forTests = [...testTools, "servers", "compose", "python", "applications", "yaml", "actionlint"];

/** A look at a deployment must not start an engine, and with it containers, on its own. */
const look = { needs: pulumi, uses: /** @type {PieceName[]} */ (["engine"]) };

/** @type {Record<string, Needs>} */
const table = {
  up: { needs: deployment },
  preview: { needs: deployment },
  destroy: { needs: [...pulumi, "engine"] },
  adopt: { needs: [...pulumi, "engine"] },
  status: look,
  verify: look,
  outputs: look,
  logs: look,
  connect: look,
  failover: look,
  promote: look,
  rotate: { needs: deployment },
  migrate: look,
  pulumi: look,
  "stack-init": { needs: pulumi },
  image: { needs: ["engine", "image"] },
  test: { needs: [...deployment, ...forTests] },
  "test:unit": { needs: [...program, "shellcheck", "busybox", "actionlint"] },
  "test:functional": { needs: [...program, ...testTools] },
  "test:durability": { needs: [...program, "servers"] },
  "test:applications": { needs: [...deployment, "applications"] },
  bench: { needs: [...deployment, "redis", "compose"] },
};

/** The order in which pieces are looked for and got: each after those it builds on. @type {PieceName[]} */
export const everything = [...deployment, ...forTests];

/**
 * Whether somebody elsewhere waits for the command's report, and has to be told also that it could not be prepared.
 * @param {string} command
 * @param {string[]} args
 */
export const reports = (command, args) =>
  command === "preview" && args.some((arg) => arg === "--markdown" || arg.startsWith("--markdown="));

/** The pulumi commands that run the program, or change what it made. */
const touching = ["up", "update", "preview", "refresh", "destroy", "watch", "import"];

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Needs}
 */
export function needsOf(command, args) {
  if (command === "pulumi")
    return args.some((arg) => touching.includes(arg))
      ? // For a program in YAML that uses the package; an official Pulumi has the host beside it.
        { needs: [...pulumi, "engine"], uses: ["yaml"] }
      : look;
  if (args.includes("--help") || args.includes("-h")) return { needs: program };
  if (command.startsWith("test:")) return table[command] ?? /** @type {Needs} */ (table.test);
  // What is not known here is explained by the command line itself.
  return table[command] ?? { needs: program };
}
