// What a piece of the tool chain is. One file under `pieces/` makes one of them.
//
// `find` is quick (files, a ping; no child processes once everything is there), changes nothing, and
// returns undefined when the piece has to be got. `get` gets it, or throws a `Stop` that says how a
// person can. What both return says what the piece adds to the environment of the real command.

/**
 * @typedef {object} Found
 * @property {string} summary for people: which one, and where
 * @property {string} [program] the executable, for the pieces that are one
 * @property {string[]} [first] folders that go before the machine's PATH
 * @property {string[]} [last] folders that go after it
 * @property {Record<string, string>} [variables] further environment variables
 */

/**
 * @typedef {object} Context
 * @property {NodeJS.ProcessEnv} env the environment that the set-up was started with
 * @property {boolean} offline go to the local build at once
 * @property {string} image the Redis image that the command needs
 * @property {Partial<Record<PieceName, Found>>} found the pieces that are there already, in the order of the table
 */

/** @typedef {"node" | "dependencies" | "pulumi" | "plugins" | "state" | "engine" | "image" | "redis" | "servers" | "shellcheck" | "busybox" | "compiler" | "compose" | "python" | "applications" | "yaml" | "actionlint"} PieceName */

/**
 * @typedef {object} Piece
 * @property {PieceName} name
 * @property {string} otherwise what is done when it is missing, for the doctor's table
 * @property {(context: Context) => Promise<Found | undefined>} find
 * @property {(context: Context) => Promise<Found>} get
 */

export {};
