import { setTimeout as sleep } from "node:timers/promises";
import { engineClient, streamingClient } from "../../engine/engineClient";
import { engineReasonOf, statusOf } from "../../engine/engineError";
import { contentsOf, LineSplitter, textOf } from "../../engine/output";
import type { ContractMember } from "../../outputs/contract";
import { linesOf, type LogLine } from "./lines";

/** Which part of a log. */
export interface LogRange {
  /** Last lines, or all of them. */
  readonly tail: number | "all";
  /** Seconds since 1970. */
  readonly sinceS?: number;
}

const ENGINE_ANSWER_MS = 10_000;
const AGAIN_MS = 1000;
const WANTED = { stdout: true, stderr: true, timestamps: true } as const;

/** The log of one container, so far. */
export async function readLog({ name, engine }: ContractMember, { tail, sinceS }: LogRange): Promise<LogLine[]> {
  const docker = await engineClient(engine, ENGINE_ANSWER_MS);
  const log = await docker.getContainer(name).logs({ ...WANTED, follow: false, since: sinceS, ...tailOf(tail) });
  return linesOf(name, await textOf([log]));
}

/**
 * Follows the log of one container, also through its restarts and its replacement, until the signal.
 *
 * @param onLost is told once, when the container or its engine is gone; it is followed again when it is back.
 */
export async function followLog(
  member: ContractMember,
  range: LogRange,
  onLine: (line: LogLine) => void,
  onLost: (reason: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = "";
  let isLost = false;
  while (!signal.aborted) {
    try {
      const next: LogRange = last === "" ? range : { tail: "all", sinceS: Date.parse(last) / 1000 };
      await followOnce(member, next, signal, (line) => {
        // Asked by the second or by the millisecond, the engine repeats what is already shown.
        if (line.time > last) {
          last = line.time;
          onLine(line);
        }
        isLost = false;
      });
    } catch (error) {
      if (!isLost) {
        onLost(whyNoLog(error));
      }
      isLost = true;
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function followOnce(
  { name, engine }: ContractMember,
  { tail, sinceS }: LogRange,
  signal: AbortSignal,
  onLine: (line: LogLine) => void,
): Promise<void> {
  const docker = await streamingClient(engine);
  const asked = { ...WANTED, follow: true, since: sinceS, ...tailOf(tail), abortSignal: signal } as const;
  const stream = await docker.getContainer(name).logs(asked);
  const lines = new LineSplitter((line) => linesOf(name, line).forEach(onLine));
  try {
    for await (const part of contentsOf(stream)) {
      lines.add(part);
    }
  } catch {
    // Broken off, perhaps within a line, which then comes whole the next time; that also says whether the engine is gone.
    return;
  }
  lines.end();
}

const tailOf = (tail: number | "all"): { tail?: number } => (tail === "all" ? {} : { tail });

/** The engine's own words without the HTTP around them, and what brings a container back. */
export function whyNoLog(error: unknown): string {
  const message = engineReasonOf(error);
  return statusOf(error) === 404 ? `${message}; npm run up brings it back` : message;
}
