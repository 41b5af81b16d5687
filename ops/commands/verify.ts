import { renderReport, verify as check } from "../../checks/verify";
import { say } from "../announce";
import { hintsFor } from "../hints";
import { readContract } from "../stack";
import { EXIT } from "../../config/userError";

export interface VerifyOptions {
  readonly stack: string;
  readonly deployment?: string;
  readonly json?: boolean;
  readonly timeoutS?: number;
}

/** `npm run verify`: the checks that every deployment ends with, on their own. */
export async function verify({ stack, deployment, json, timeoutS }: VerifyOptions): Promise<number> {
  const contract = await readContract(stack, deployment);
  const hints = hintsFor({ stack, deployment });
  const report = await check(contract, {
    timeoutS,
    onProgress: json ? undefined : (line) => say(hints(line)),
  });
  process.stdout.write(`${hints(json ? JSON.stringify(report, undefined, 2) : renderReport(report))}\n`);
  return report.findings.length === 0 ? EXIT.ok : EXIT.failed;
}
