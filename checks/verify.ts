import type { Contract } from "../outputs/contract";
import { probeInside, probeOutside } from "./clientProbes";
import { certificateWarnings } from "./certificate";
import { converge } from "./converge";
import { loadEngineClient } from "../engine/engineClient";
import { judge } from "./judge";
import { withReasons } from "./undecided";
import { insideProbe, type InsideProbe } from "./inside";
import { membersOf } from "./members";
import { progressTo } from "./progress";
import { probeRefusal } from "./refusalProbe";
import type { VerifyReport } from "./report";
import { currentMaster } from "./roles";
import { findingsOf, rowOf, type Verdict } from "./verdict";
import type { GroupView } from "./view";
import { probeWrite } from "./writeProbe";

export { renderReport, VerifyError, type CheckRow, type Finding, type VerifyReport } from "./report";

export interface VerifyOptions {
  /** Gets a line whenever what is waited for changes, and at least every 5 s. */
  readonly onProgress?: (line: string) => void;
  /** Ends the waiting; `verify` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How to look from inside the Docker network; default: `docker exec` in a container of the group. */
  readonly inside?: InsideProbe;
  /**
   * Seconds to wait for convergence, counted anew whenever data was loaded or copied further; default: the deployment's
   * `checkTimeoutS`.
   */
  readonly timeoutS?: number;
}

/**
 * Checks a deployment: waits until the group has converged, then writes, knocks without a password, and connects as an
 * application does. Never throws for a failed check: the report has a finding for each.
 */
export async function verify(contract: Contract, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { onProgress = () => undefined, signal, inside = insideProbe, timeoutS = contract.checkTimeoutS } = options;
  if (inside === insideProbe) {
    // Meanwhile; if it cannot be loaded, the probe itself will say so.
    loadEngineClient().catch(() => undefined);
  }
  const outcome = await converge(contract, timeoutS * 1000, progressTo(onProgress), signal);
  const { view, judgement, waitedMs, waited } = outcome;
  const master = currentMaster(contract, view);
  const seen = {
    deployment: contract.deployment,
    master: master?.name,
    waitedMs: Math.round(waitedMs),
    warnings: certificateWarnings(view),
  };
  if (judgement.findings.length > 0 || master === undefined) {
    const { rows, findings } = judge(contract, await withReasons(view));
    return { ...seen, rows: [...rows, notTried(contract, waited)], findings };
  }
  const probes = await Promise.all([
    probeWrite(contract, master),
    ...membersOf(contract).map((member) => probeRefusal(contract, member)),
    probeOutside(contract, master, runIdOf(view, master.name)),
    probeInside(contract, master, inside, signal),
  ]);
  const verdicts: readonly Verdict[] = probes.flat();
  signal?.throwIfAborted();
  return { ...seen, rows: [...judgement.rows, ...verdicts.map(rowOf)], findings: findingsOf(verdicts) };
}

/** The table says what was left out. */
function notTried({ deployment }: Contract, waited: string) {
  const detail = `not tried: the group had not converged after ${waited}`;
  return { subject: deployment, check: "write, refusals, clients", passed: false, detail };
}

const runIdOf = (view: GroupView, name: string): string =>
  view.nodes.find(({ member }) => member.name === name)?.facts?.runId ?? "";
