import { Command, InvalidArgumentError, Option } from "commander";

/** The benchmarks by name, in the order in which they run. */
export const NAMES = ["converge", "noop", "failover", "throughput"] as const;
export type Name = (typeof NAMES)[number];

export interface Options {
  /** This one alone. */
  readonly only?: Name;
  readonly rounds: number;
}

/** @throws CommanderError for a wrong command line, and after printing the help. */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run bench --")
    .description("Measures this project side by side with what it is compared to; writes reports/bench.json.")
    .addOption(new Option("--only <name>", "one benchmark alone").choices(NAMES))
    .option("--rounds <number>", "how often each thing is measured", rounds, 5)
    .exitOverride();
  return command.parse(args, { from: "user" }).opts<{ only?: Name; rounds: number }>();
}

function rounds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) {
    throw new InvalidArgumentError("It has to be a whole number from 1 to 100.");
  }
  return value;
}
