import { runProgram } from "./program";
import type { ContractEndpoint } from "../outputs/contract";

/** The commands that are measured. */
export const COMMANDS = ["SET", "GET"] as const;
export type Command = (typeof COMMANDS)[number];

/** A server to be measured. */
export interface Target extends ContractEndpoint {
  readonly username?: string;
  readonly password?: string;
  /** File with the authority's certificate; only with TLS. */
  readonly authorityFile?: string;
}

/** How it is measured: how many commands go out before an answer is waited for, and how many in all. */
export interface Load {
  readonly pipeline: number;
  readonly requests: number;
}

/** Connections at the same time. */
const CLIENTS = 50;
const KEYS = 100_000;

/** Requests per second. */
export async function redisBenchmark(
  { host, port, username, password, authorityFile }: Target,
  command: Command,
  { pipeline, requests }: Load,
  signal: AbortSignal,
): Promise<number> {
  // redis-benchmark takes a password on its command line only; this one's deployment lives as long as the benchmark.
  const access = [
    ...(username === undefined ? [] : ["--user", username]),
    ...(password === undefined ? [] : ["-a", password]),
    ...(authorityFile === undefined ? [] : ["--tls", "--cacert", authorityFile]),
  ];
  const size = ["-c", CLIENTS, "-n", requests, "-r", KEYS, "-P", pipeline].map(String);
  const args = ["-h", host, "-p", String(port), ...access, ...size, "-t", command.toLowerCase(), "--csv"];
  const csv = await runProgram("redis-benchmark", args, { signal });
  const rate = Number(new RegExp(`^"${command}","([\\d.]+)"`, "m").exec(csv)?.[1]);
  if (!(rate > 0)) {
    throw new Error(`redis-benchmark says nothing about ${command}:\n${csv}`);
  }
  return rate;
}
