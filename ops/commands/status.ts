import { setTimeout as sleep } from "node:timers/promises";
import { observe, openObserver } from "../../checks/observe";
import { withReasons } from "../../checks/undecided";
import type { Contract } from "../../outputs/contract";
import { hintsFor } from "../hints";
import { paintStdout } from "../paint";
import { readContract } from "../stack";
import { statusOf, type Status } from "../status/health";
import { renderStatus } from "../status/statusText";
import { EXIT } from "../../config/userError";

export interface StatusOptions {
  readonly stack: string;
  readonly deployment?: string;
  readonly json?: boolean;
  /** Seconds between two looks; without it there is one look. */
  readonly watchS?: number;
}

/** `npm run status`: exit code 0 when all is as it should be. */
export async function status({ stack, deployment, json, watchS }: StatusOptions): Promise<number> {
  const contract = await readContract(stack, deployment);
  const hints = hintsFor({ stack, deployment });
  if (watchS !== undefined) {
    await watch(contract, watchS, (seen) => show(seen, json === true, hints));
    return EXIT.ok;
  }
  const seen = statusOf(contract, await withReasons(await observe(contract)));
  process.stdout.write(`${hints(json ? JSON.stringify(seen, undefined, 2) : renderStatus(seen, paintStdout))}\n`);
  return seen.healthy ? EXIT.ok : EXIT.failed;
}

/** Looks again and again until Ctrl-C. */
async function watch(contract: Contract, everyS: number, showIt: (seen: Status) => void): Promise<void> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const observer = openObserver(contract);
  try {
    while (!stopped.signal.aborted) {
      showIt(statusOf(contract, await withReasons(await observer.look())));
      await sleep(everyS * 1000, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  } finally {
    observer.close();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** On a terminal each look takes the place of the one before; elsewhere they follow one another. */
function show(seen: Status, json: boolean, hints: (sentences: string) => string): void {
  if (json) {
    process.stdout.write(`${hints(JSON.stringify(seen))}\n`);
    return;
  }
  const text = `${new Date().toLocaleTimeString("sv")}  ${hints(renderStatus(seen, paintStdout))}\n`;
  process.stdout.write(process.stdout.isTTY ? `\x1b[H\x1b[J${text}` : `${text}\n`);
}
