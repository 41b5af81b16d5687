import { nodeClient, sentinelClient } from "../../checks/connections";
import { observe } from "../../checks/observe";
import { fieldsOf } from "../../checks/replies";
import { currentMaster } from "../../checks/roles";
import type { Endpoint } from "../../config/plan";
import { shellQuoted } from "../../config/render/nodeEnv";
import type { Contract } from "../../outputs/contract";
import { confirm, requireTerminal } from "../ask";
import { say, stopSignal, timedSteps } from "../announce";
import { parseAddresses } from "../migrate/addresses";
import { wholeBytesFor, type Target } from "../migrate/copy";
import { reopen } from "../migrate/cutOver";
import { keptAlive } from "../migrate/keepAlive";
import { findLogin, VALUE_MS, type LoginOptions } from "../migrate/login";
import { migrate as carryOver } from "../migrate/migration";
import { findMaster, withServers } from "../migrate/sources";
import { hintsFor } from "../hints";
import { readContract } from "../stack";
import { EXIT, UserError } from "../../config/userError";

export interface MigrateOptions extends LoginOptions {
  readonly stack: string;
  readonly deployment?: string;
  /** Where the data is now. */
  readonly from?: string;
  readonly yes?: boolean;
  /** Names of keys that stay where they are. */
  readonly withoutKey?: readonly string[];
  /** Only let writes go on where they were closed. */
  readonly reopen?: boolean;
  readonly json?: boolean;
}

const QUESTION = "Close the old servers for writes now? Until applications use the new deployment, their writes fail.";

/** `npm run migrate`: the data of another Redis, carried over while it serves. */
export async function migrate(options: MigrateOptions): Promise<number> {
  const addresses = parseAddresses(options.from);
  if (options.reopen) {
    return letWritesGoOn(addresses, options);
  }
  const { stack, yes, json } = options;
  const contract = await readContract(stack, options.deployment);
  const login = await findLogin(options, addresses[0]!);
  const stop = stopSignal();
  try {
    const tell = timedSteps(say);
    const done = await withServers(addresses, login, async (servers) =>
      withTarget(contract, async (target) => {
        const sources = await findMaster(addresses, servers);
        if (!yes) {
          // Asked at the end, when everything is there: not after hours that nobody can say yes to.
          requireTerminal(QUESTION);
        }
        return carryOver({
          sources,
          login,
          target,
          deployment: contract.deployment,
          without: options.withoutKey,
          say: tell,
          mayClose: (signal) => (yes ? Promise.resolve(true) : confirm(QUESTION, "--yes", signal)),
          signal: stop.signal,
        });
      }),
    );
    if (done === undefined) {
      say("Nothing was switched; the next attempt starts afresh.");
      return EXIT.failed;
    }
    const { keys, bytes, heldMs } = done;
    const { deployment } = contract;
    process.stdout.write(
      json
        ? `${JSON.stringify({ deployment, from: options.from, keys, bytes, heldMs })}\n`
        : `${deployment} has all data of ${options.from}, where writes were held for ${heldMs} ms and are refused from now on.\n`,
    );
    process.stderr.write(nextSteps(options));
    return EXIT.ok;
  } finally {
    stop.dispose();
  }
}

/** What is said once all is carried over: how to go on, and the way back. Pure. */
export function nextSteps({ stack, deployment, from, user, passwordFile }: MigrateOptions): string {
  const back = [
    ...["--from", from!],
    ...(user === undefined ? [] : ["--user", user]),
    ...(passwordFile === undefined ? [] : ["--password-file", passwordFile]),
    "--reopen",
  ];
  const hints = hintsFor({ stack, deployment });
  return (
    hints("Give the applications the new outputs: npm run outputs -- --show-secrets\n") +
    `Back, without what is written here from now on: npm run migrate -- ${words(back)}\n`
  );
}

/** As a shell takes them. */
const words = (all: readonly string[]): string =>
  all.map((word) => (/^[\w.,:/@=+-]+$/.test(word) ? word : shellQuoted(word))).join(" ");

async function letWritesGoOn(addresses: readonly Endpoint[], options: MigrateOptions): Promise<number> {
  const login = await findLogin(options, addresses[0]!);
  await withServers(addresses, login, reopen);
  process.stdout.write(`Writes go on at ${options.from}.\n`);
  return EXIT.ok;
}

/** Connects to the master of the deployment, as `admin`. */
async function withTarget<T>(contract: Contract, use: (target: Target) => Promise<T>): Promise<T> {
  const view = await observe(contract);
  const member = currentMaster(contract, view);
  const facts = view.nodes.find((node) => node.member.name === member?.name)?.facts;
  if (member === undefined || facts === undefined) {
    throw new UserError(
      `${contract.deployment} has no master that all agree on; see: npm run status. Nothing was changed.`,
    );
  }
  const wholeBytes = wholeBytesFor(await downAfterMs(contract));
  const redis = keptAlive(
    nodeClient(contract, member, { protocol: 2, connectTimeout: 5000, commandTimeout: VALUE_MS }),
  );
  try {
    return await use({ name: member.name, redis, replicas: facts.attached.length, wholeBytes });
  } finally {
    redis.disconnect();
  }
}

/** After how long its Sentinels take a master for down, as the first one says that answers; undefined without any. */
async function downAfterMs(contract: Contract): Promise<number | undefined> {
  for (const member of contract.sentinels) {
    const sentinel = sentinelClient(contract, member, { protocol: 2 });
    try {
      const state = fieldsOf(await sentinel.call("SENTINEL", "MASTER", contract.masterName));
      return Number(state["down-after-milliseconds"]);
    } catch {
      // The next one knows it as well.
    } finally {
      sentinel.disconnect();
    }
  }
  return undefined;
}
