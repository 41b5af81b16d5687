import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { endAnyway } from "./ending";
import { hintsFor, type HintTarget } from "./hints";
import type { MigrateOptions } from "./commands/migrate";
import { lineCount, seconds } from "./options";
import { EXIT, sentenceOf, UserError } from "../config/userError";
import { DEFAULT_STACK, isStackName, splitPulumiWords, splitWords } from "./words";

/**
 * The command line: names, options and their explanations. What a command does is in the file of its name under
 * `commands/`, loaded only when it is called, so that `--help` and a typing mistake are answered at once.
 */

interface Common {
  readonly stack?: string;
  readonly deployment?: string;
  readonly json?: boolean;
}

interface OutputsWords {
  readonly showSecrets?: boolean;
  readonly dotenv?: boolean;
  readonly from: "outside" | "network";
  readonly user: string;
  readonly node: "master" | "replica";
}

/** For commands with other words: the stack if the first word is one, and the other words. */
function stackAndRest(words: readonly string[], options: Common): { stack: string; rest: readonly string[] } {
  const { stack = DEFAULT_STACK, rest } = splitWords(words, options.stack, isStackName);
  return { stack, rest };
}

/** For commands without other words: whatever word there is is the stack. */
function onlyStack(words: readonly string[], options: Common, hint = "only the stack is named here"): string {
  const { stack = DEFAULT_STACK, rest } = splitWords(words, options.stack, () => true);
  refuse(rest, hint);
  return stack;
}

/** For `logs`, `promote` and `rotate`: the stack, and one more word. */
function stackAndWord(words: readonly string[], options: Common, meaning: string): { stack: string; word?: string } {
  const { stack, rest } = stackAndRest(words, options);
  const [word, ...surplus] = rest;
  refuse(surplus, `"${word}" is taken for the ${meaning}; name the stack first or with --stack`);
  return { stack, word };
}

/** Runs a command; the commands that its sentence names, should it fail with one, are for the same stack. */
async function carryOut(target: HintTarget, command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (error instanceof UserError) {
      error.message = hintsFor(target)(error.message);
    }
    throw error;
  }
}

const missing = (target: HintTarget, question: string): UserError =>
  new UserError(`missing argument: ${hintsFor(target)(question)}`, EXIT.usage);

function refuse(surplus: readonly string[], hint: string): void {
  if (surplus.length > 0) {
    throw new UserError(`too many arguments: ${surplus.join(" ")} (${hint})`, EXIT.usage);
  }
}

function buildProgram(): Command {
  const program = new Command("npm run")
    .usage("COMMAND -- [STACK] [options]")
    .description("Redis on Docker: deploy it, look at it, operate it.")
    .helpOption("-h, --help", "explain all commands, or one: npm run COMMAND -- --help")
    .helpCommand(false)
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
STACK is ${DEFAULT_STACK} unless it is named, as the first word or with --stack: npm run status -- prod
Those from status to migrate also take --deployment NAME, for a stack with several.
They take --json, for machines, except: logs, connect, rotate.
Exit codes: 0 all is well; 1 it failed, or is not healthy; 2 the command line is wrong. DEBUG=1 shows stack traces.
Further: npm run doctor (what is installed), npm run -s pulumi -- ARGS (any pulumi command), npm test.`,
    );
  program.configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` });

  /** Words are sorted out by the functions above; commander is only to collect them. */
  const command = (name: string, usage: string, description: string): Command =>
    program
      .command(name)
      .usage(usage)
      .description(description)
      .argument("[words...]")
      .configureHelp({
        commandUsage: (self) => `npm run ${self.name()} -- ${self.usage()}`,
        subcommandTerm: (self) => self.name(),
      })
      .helpOption("-h, --help", "explain this command")
      .option("-s, --stack <name>", `the stack (default: ${DEFAULT_STACK})`);
  const look = (name: string, usage: string, description: string): Command =>
    command(name, usage, description).option("-d, --deployment <name>", "the deployment, in a stack with several");
  const ofPulumi = (name: string, usage: string, description: string): Command =>
    command(name, usage, description)
      .allowUnknownOption()
      .addHelpText("after", `\nOther options go to pulumi, which explains them: npm run -s pulumi -- ${name} --help`);

  ofPulumi("up", "[STACK] [--diff ...]", "deploy a stack or bring it up to date, check it, say how to connect").action(
    async (words: string[], options: Common) => {
      const { stack = DEFAULT_STACK, rest } = splitPulumiWords(words, options.stack);
      const { up } = await import("./commands/up.js");
      await carryOut({ stack }, () => up({ stack, args: rest }));
    },
  );

  ofPulumi("preview", "[STACK] [--markdown[=FILE]] [--diff ...]", "show what up would change")
    .addHelpText("after", "With --markdown it is what a pull request is told: docs/pull-requests.md")
    .action(async (words: string[], options: Common) => {
      const { preview, markdownOption } = await import("./commands/preview.js");
      const { markdown, rest: others } = markdownOption(words);
      const { stack = DEFAULT_STACK, rest } = splitPulumiWords(others, options.stack);
      await carryOut({ stack }, () => preview({ stack, args: rest, markdown }));
    });

  ofPulumi(
    "destroy",
    "[STACK] [--yes] [--remove-stack]",
    "remove a deployment; data volumes as the setting dataVolumes says",
  )
    .option("-y, --yes", "do not ask")
    .option("--remove-stack", "remove the stack too, with its history")
    .action(async (words: string[], options: Common & { yes?: boolean; removeStack?: boolean }) => {
      const { stack = DEFAULT_STACK, rest } = splitPulumiWords(words, options.stack);
      const { destroy } = await import("./commands/destroy.js");
      await carryOut({ stack }, () => destroy({ ...options, stack, args: rest }));
    });

  command(
    "adopt",
    "[STACK] [--yes]",
    "repair a state that has gone astray: take over what is the stack's on the engine of now",
  )
    .option("-y, --yes", "do not ask")
    .action(async (words: string[], options: Common & { yes?: boolean }) => {
      const stack = onlyStack(words, options);
      const { adopt } = await import("./commands/adopt.js");
      await carryOut({ stack }, () => adopt({ ...options, stack }));
    });

  look(
    "status",
    "[STACK] [--watch[=SECONDS]]",
    "who is master, lag, memory, clients, versions; exit code 0 when healthy",
  )
    .option("-w, --watch [seconds]", "look again every 2 (or so many) seconds, until Ctrl-C")
    .option("--json", "for machines; with --watch one object a line")
    .action(async (words: string[], options: Common & { watch?: string | true }) => {
      // `status --watch prod`: what follows is the stack, not a number.
      const isWord = typeof options.watch === "string" && !/^[\d.]/.test(options.watch);
      const watch = isWord ? true : options.watch;
      const stack = onlyStack(isWord ? [options.watch as string, ...words] : words, options);
      const watchS = watch === undefined ? undefined : watch === true ? 2 : seconds(watch);
      const { status } = await import("./commands/status.js");
      const { deployment, json } = options;
      await carryOut({ stack, deployment }, () => status({ stack, deployment, json, watchS }));
    });

  look("verify", "[STACK]", "run the checks that every deployment ends with")
    .option(
      "--timeout <seconds>",
      "wait this long for the group to converge (default: the setting checkTimeoutS)",
      seconds,
    )
    .option("--json", "for machines")
    .action(async (words: string[], options: Common & { timeout?: number }) => {
      const stack = onlyStack(words, options);
      const { verify } = await import("./commands/verify.js");
      await carryOut({ ...options, stack }, () => verify({ ...options, stack, timeoutS: options.timeout }));
    });

  look("outputs", "[STACK] [--dotenv] [--show-secrets]", "what applications' stacks get from this one")
    .option("--show-secrets", "with the passwords")
    .option("--json", "for machines")
    .option("--dotenv", "as environment variables (REDIS_...), for applications in any language")
    .addOption(
      new Option("--from <place>", "for --dotenv: where the application runs: published addresses, or the network's")
        .choices(["outside", "network"])
        .default("outside"),
    )
    .option("--user <name>", "for --dotenv: as whom it logs in", "app")
    .addOption(
      new Option("--node <node>", "for --dotenv: which node it uses; replica: only to read")
        .choices(["master", "replica"])
        .default("master"),
    )
    .action(async (words: string[], options: Common & OutputsWords, self: Command) => {
      const stack = onlyStack(words, options);
      const given = ["from", "user", "node"].filter((name) => self.getOptionValueSource(name) === "cli");
      if (!options.dotenv && given.length > 0) {
        throw new UserError(`--${given[0]} says how --dotenv is written; add --dotenv`, EXIT.usage);
      }
      if (options.json && options.dotenv) {
        throw new UserError("--json and --dotenv are two forms of the same; choose one", EXIT.usage);
      }
      const { outputs } = await import("./commands/outputs.js");
      await carryOut({ ...options, stack }, () => outputs({ ...options, stack }));
    });

  look("logs", "[STACK] [NODE] [--follow]", "what the containers say, all in order of time or one")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("-n, --tail <lines>", "the last lines of each, or all", lineCount, 100)
    .option("--since <time>", "not before: 10m, 2h, 1d ago, or a date such as 2025-11-23T14:00")
    .option("-t, --timestamps", "with the time at which the engine got each line")
    .action(
      async (
        words: string[],
        options: Common & { follow?: boolean; tail: number | "all"; since?: string; timestamps?: boolean },
      ) => {
        const { stack, word: node } = stackAndWord(words, options, "node");
        const { logs } = await import("./commands/logs.js");
        await carryOut({ ...options, stack }, () => logs({ ...options, stack, node }));
      },
    );

  look(
    "connect",
    "[STACK] [--node NAME] [-- ARGS]",
    "redis-cli on the master, or on one node; without a password anywhere",
  )
    .option("-n, --node <name>", "this node or Sentinel")
    .addHelpText(
      "after",
      "\nWords behind the stack, and options behind another --, go to redis-cli: npm run -s connect -- INFO replication\nA command that the server refuses ends with exit code 1.",
    )
    .action(async (words: string[], options: Common & { node?: string }) => {
      const { stack, rest } = stackAndRest(words, options);
      const { connect } = await import("./commands/connect.js");
      await carryOut({ ...options, stack }, () => connect({ ...options, stack, args: rest }));
    });

  look(
    "failover",
    "[STACK] [--to NODE] [--yes]",
    "hand the master's role over without losing a write (topology sentinel)",
  )
    .option("--to <node>", "who takes over (default: the replica with the least to catch up)")
    .option("-y, --yes", "do not ask")
    .option("--json", "for machines")
    .action(async (words: string[], options: Common & { to?: string; yes?: boolean }) => {
      const stack = onlyStack(words, options, "who takes over is named with --to NODE");
      const { failover } = await import("./commands/failover.js");
      await carryOut({ ...options, stack }, () => failover({ ...options, stack }));
    });

  look("promote", "[STACK] NODE [--yes]", "make this node the master (topology replication)")
    .option("-y, --yes", "do not ask, as long as nothing can be lost")
    .option("--force", "do not ask, and go on although writes may be lost")
    .option("--json", "for machines")
    .action(async (words: string[], options: Common & { yes?: boolean; force?: boolean }) => {
      const { stack, word: node } = stackAndWord(words, options, "node");
      if (node === undefined) {
        throw missing({ ...options, stack }, "which node is to become the master? npm run promote -- NODE");
      }
      const { promote } = await import("./commands/promote.js");
      await carryOut({ ...options, stack }, () => promote({ ...options, stack, node }));
    });

  look("rotate", "[STACK] USER [--finish]", "give a user another password, without a failed command; then finish that")
    .option("--finish", "the password before the last rotation stops working")
    .option("-y, --yes", "do not ask")
    .action(async (words: string[], options: Common & { finish?: boolean; yes?: boolean }) => {
      const { stack, word: user } = stackAndWord(words, options, "user");
      if (user === undefined) {
        throw missing({ ...options, stack }, "whose password? npm run rotate -- USER");
      }
      const { rotate } = await import("./commands/rotate.js");
      await carryOut({ ...options, stack }, () => rotate({ ...options, stack, user }));
    });

  look(
    "migrate",
    "[STACK] --from HOST:PORT[,HOST:PORT...]",
    "carry the data of another Redis over to an empty deployment, while it serves",
  )
    .option("--from <addresses>", "where the data is now: the master, and its replicas so that they are closed with it")
    .option(
      "--password-file <file>",
      "its password; - is standard input (default: that of the compose files, or asked for)",
    )
    .option("--user <name>", "the user there (default: the one without a name)")
    .option("-y, --yes", "close the old servers for writes without asking, as soon as everything is there")
    .option(
      "--without-key <name>",
      "leave the keys of this name where they are, in every database; may be given several times",
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option("--reopen", "the way back: only let writes go on there")
    .option("--json", "for machines")
    .action(async (words: string[], options: Common & Omit<MigrateOptions, "stack">) => {
      const stack = onlyStack(words, options);
      const { migrate } = await import("./commands/migrate.js");
      await carryOut({ ...options, stack }, () => migrate({ ...options, stack }));
    });

  command("bench", "[options]", "measure it side by side with the compose files that it replaces")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { main: bench } = await import("../bench/run.js");
      process.exitCode = await bench(words);
    });

  return program;
}

/** Commander prints its own sentences; what it reports is a wrong command line, or help that was asked for. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return error instanceof UserError ? error.exitCode : EXIT.failed;
}

async function main(args: readonly string[]): Promise<void> {
  // Whoever reads the output may have seen enough: `npm run logs | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    process.exit(EXIT.ok);
  });
  try {
    const program = buildProgram().exitOverride();
    program.commands.forEach((command) => command.exitOverride());
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError) || error instanceof InvalidArgumentError) {
      process.stderr.write(`${sentenceOf(error, Boolean(process.env.DEBUG))}\n`);
    }
  }
}

void main(process.argv.slice(2)).finally(endAnyway);
