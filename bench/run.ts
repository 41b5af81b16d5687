import { CommanderError } from "commander";
import { defaultEngineEndpoint } from "../config/plan";
import { EXIT, sentenceOf, UserError } from "../config/userError";
import { converge } from "./benchmarks/converge";
import { failover } from "./benchmarks/failover";
import { noop } from "./benchmarks/noop";
import { throughput } from "./benchmarks/throughput";
import { watchMachine } from "./machine";
import type { TimeSink } from "./noop/breakdown";
import { NAMES, parseOptions, type Name, type Options } from "./options";
import { renderResults, writeJson, type Results } from "./report";
import type { Row } from "./row";
import { Session } from "./session";

/** What a benchmark gives. */
interface Found {
  readonly rows: readonly Row[];
  readonly breakdown?: readonly TimeSink[];
}

const benchmarks: Readonly<Record<Name, (session: Session) => Promise<Found>>> = {
  converge: async (session) => ({ rows: await converge(session) }),
  noop,
  failover: async (session) => ({ rows: await failover(session) }),
  throughput: async (session) => ({ rows: await throughput(session) }),
};

/**
 * `npm run bench`: measures, prints one table, writes `reports/bench.json`, and leaves nothing else behind.
 *
 * @param args the command line's words behind `bench`.
 * @returns the exit code; a goal that is not met is a result and no failure.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    refuseOtherMachines();
    const results = await measure(options);
    process.stdout.write(`${renderResults(results)}\n`);
    process.stderr.write(`written: ${writeJson(results)}\n`);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    process.stderr.write(`${sentenceOf(error, Boolean(process.env.DEBUG))}\n`);
    return error instanceof Interrupted ? error.exitCode : EXIT.failed;
  }
}

async function measure({ only, rounds }: Options): Promise<Results> {
  const interruption = listenForSignals();
  const machine = watchMachine();
  const rows: Row[] = [];
  const sinks: TimeSink[] = [];
  try {
    for (const name of only === undefined ? NAMES : [only]) {
      const found = await inSession(new Session(rounds, interruption.signal), benchmarks[name]);
      rows.push(...found.rows);
      sinks.push(...(found.breakdown ?? []));
    }
  } finally {
    interruption.stop();
  }
  return { machine: machine(), rounds, rows, noop: sinks };
}

/** Whatever becomes of a benchmark, what it made is removed before the next one begins. */
async function inSession(session: Session, benchmark: (session: Session) => Promise<Found>): Promise<Found> {
  const [outcome] = await Promise.allSettled([benchmark(session)]);
  session.say("removing what was made");
  const left = await session.undo.all();
  left.forEach((sentence) => session.say(sentence));
  // What fails after an interruption fails because of it.
  session.signal.throwIfAborted();
  if (outcome.status === "rejected") {
    throw outcome.reason;
  }
  if (left.length > 0) {
    throw new UserError("not everything could be removed; see above");
  }
  return outcome.value;
}

class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super("interrupted; there are no results");
  }
}

/** The first signal ends the measuring; further ones must not keep the removal from its end. */
function listenForSignals(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
  const listener = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      process.stderr.write("interrupted: ending the step under way, then removing what was made\n");
      controller.abort(new Interrupted(128 + numbers[name as keyof typeof numbers]));
    }
  };
  Object.keys(numbers).forEach((name) => process.on(name, listener));
  return {
    signal: controller.signal,
    stop: () => Object.keys(numbers).forEach((name) => process.off(name, listener)),
  };
}

/** Clients connect to published ports on this machine, and files are mounted from it. */
function refuseOtherMachines(): void {
  const endpoint = defaultEngineEndpoint(process.env);
  if (!endpoint.startsWith("unix://")) {
    throw new UserError(`The benchmarks need an engine on this machine; DOCKER_HOST names ${endpoint}.`);
  }
}
