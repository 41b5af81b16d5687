// The front door of every npm script: `node toolchain/run.mjs COMMAND [ARGS]`.
//
// It makes sure of what the command needs (commands.mjs), getting what is missing, and then runs the command
// as if it had been typed: same terminal, same signals, same exit code. What it says itself goes to stderr.
//
//   pulumi ARGS       the found pulumi with the project's backend, in the folder it was called from
//   doctor            a table of what is there and what is missing
//   stack-init NAME   makes a stack (stack.mjs)
//   image NAME...     puts images on the engine: pulled, or those that can be, built
//   test[:SUBSET]     test/run.mjs
//   anything else     ops/cli.ts
//
// `--offline` (or REDIS_TOOLCHAIN=offline) goes to the local build at once instead of trying downloads first.
// REDIS_IMAGE names another Redis image, REDIS_STATE_DIR another folder for the local state.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { stopChildren } from "./child.mjs";
import { needsOf, reports } from "./commands.mjs";
import { examine, table } from "./doctor.mjs";
import { environment } from "./environment.mjs";
import { root } from "./paths.mjs";
import { say, sentenceOf, Stop } from "./say.mjs";
import { stackImage } from "./pieces/image.mjs";
import { ensure } from "./setup.mjs";
import { ensureStack, keepingStackFiles } from "./stack.mjs";
import { IMAGE, VARIANTS } from "./versions.mjs";

/** What `--help` prints for the commands that are done here. @type {Record<string, string>} */
const usages = {
  doctor: `Usage: npm run doctor

Shows what is found, what is missing, and what \`npm run up\` would do about it; changes nothing.
Exit codes: 0 all is there; 1 something is missing.
`,
  image: `Usage: npm run image -- NAME...

Gets images onto the engine unless they are there: pulled, or built from packages of the system. Those that can be built:
${[IMAGE, ...Object.keys(VARIANTS)].join(", ")}.
`,
};

/**
 * What to execute for a command, once everything is there.
 * @param {string} command
 * @param {string[]} args
 * @param {import("./piece.mjs").Context["found"]} found
 */
function invocation(command, args, { node, pulumi }) {
  const here = process.env.INIT_CWD ?? process.cwd();
  if (command === "pulumi") return { program: pulumi?.program ?? "pulumi", args, cwd: here };
  const program = node?.program ?? process.execPath;
  if (command === "test" || command.startsWith("test:")) {
    return { program, args: [join("test", "run.mjs"), command.slice("test:".length) || "all", ...args], cwd: root };
  }
  return { program, args: ["--import", "tsx", join("ops", "cli.ts"), command, ...args], cwd: root };
}

/**
 * What a signal does: it ends the preparations, until the command runs that it is passed on to.
 * @type {(signal: NodeJS.Signals) => unknown}
 */
let onSignal = (signal) => {
  stopChildren();
  say("stopped; what is finished stays, the rest is made anew next time");
  process.exit(128 + constants.signals[signal]);
};

/**
 * Runs it with our terminal, passes signals on, and resolves with how it ended.
 * @param {ReturnType<typeof invocation>} what
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
function become({ program, args, cwd }, env) {
  const child = spawn(program, args, { cwd, env, stdio: "inherit" });
  // Ctrl-C reaches the child from the terminal itself, and a second one would mean "at once, uncleanly" to pulumi.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  onSignal = (signal) => (terminal && signal === "SIGINT") || child.kill(signal);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Stop(`${program} could not be started: ${error.message}.`)));
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** @param {string[]} words */
async function main(words) {
  const offline = words.includes("--offline") || process.env.REDIS_TOOLCHAIN === "offline";
  const [command = "--help", ...args] = words.filter((word) => word !== "--offline");
  /** @type {import("./piece.mjs").Context} */
  const context = { env: process.env, offline, image: process.env.REDIS_IMAGE || stackImage(args) || IMAGE, found: {} };

  const usage = usages[command];
  if (usage !== undefined && args.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(usage);
    return 0;
  }

  if (command === "doctor") {
    const rows = await examine(context);
    process.stdout.write(`${table(rows)}\n`);
    return rows.every(({ ok }) => ok) ? 0 : 1;
  }

  if (command === "image") {
    if (args.length === 0) throw new Stop(`image needs a name, as in: npm run image -- ${Object.keys(VARIANTS)[0]}`);
    for (const name of args) await ensure({ ...context, image: name }, needsOf(command, args), `npm run image ${name}`);
    return 0;
  }
  const failure = await ensure(context, needsOf(command, args), `npm run ${command}`).then(
    () => undefined,
    (error) => {
      // The report is written by a program that needs npm's packages, and nothing else.
      if (error instanceof Stop && context.found.dependencies && reports(command, args)) return error.sentence;
      throw error;
    },
  );
  const env = environment(process.env, Object.values(context.found));
  if (offline) env.REDIS_TOOLCHAIN = "offline";
  if (failure) env.REDIS_TOOLCHAIN_FAILURE = failure;
  if (command === "stack-init") {
    if (!args[0]) throw new Stop("stack-init needs the stack's name, as in: node toolchain/run.mjs stack-init dev");
    await ensureStack(args[0], env);
    return 0;
  }
  const { code, signal } = await keepingStackFiles(env, () => become(invocation(command, args, context.found), env));
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

// One listener for good: Node loses a signal that arrives while the last listener is taken away.
for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => onSignal(signal));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const sentence = sentenceOf(error);
  if (sentence === undefined) throw error;
  say(sentence);
  process.exitCode = 1;
}
