import { confirm } from "../ask";
import { handOver, planFailover, type FailoverPlan } from "../../handover/failover";
import { say, stopSignal, timedSteps } from "../announce";
import { withGroup } from "../../handover/group";
import { named } from "../../handover/steps";
import { hintsFor } from "../hints";
import { readContract } from "../stack";
import { bytesText } from "../units";
import { EXIT, UserError } from "../../config/userError";

export interface FailoverOptions {
  readonly stack: string;
  readonly deployment?: string;
  /** Name of the replica that is to take over; by default the one with the least to catch up. */
  readonly to?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `npm run failover`: a planned failover under Sentinel, without losing an acknowledged write. */
export async function failover({ stack, deployment, to, yes, json }: FailoverOptions): Promise<number> {
  const contract = await readContract(stack, deployment);
  if (contract.topology === "replication") {
    throw new UserError(
      `${contract.deployment} has no Sentinels (topology replication); say who takes over: npm run promote -- NODE`,
    );
  }
  return withGroup(contract, async (group) => {
    const plan = await planFailover(group, to);
    say(planText(plan));
    if (!yes && !(await confirm(`Hand over to ${plan.candidate.name}?`))) {
      say("Nothing was changed.");
      return EXIT.failed;
    }
    const stop = stopSignal();
    try {
      // Looked at again: the question may have been on the screen for an hour.
      const current = yes ? plan : await planFailover(group, plan.candidate.name);
      const tell = timedSteps((line) => say(hintsFor({ stack, deployment })(line)));
      const { master, pausedMs } = await handOver(group, current, { say: tell, signal: stop.signal });
      process.stdout.write(
        json
          ? `${JSON.stringify({ deployment: contract.deployment, from: current.master.name, to: master.name, pausedMs })}\n`
          : `${contract.deployment}: master is ${named(master)}; writes were paused for ${pausedMs} ms.\n`,
      );
      return EXIT.ok;
    } finally {
      stop.dispose();
    }
  });
}

function planText({ master, candidate, lagBytes }: FailoverPlan): string {
  const state = lagBytes === 0 ? "in sync" : `${bytesText(lagBytes)} behind`;
  return `${named(master)} is the master; ${named(candidate)} would take over (${state}).`;
}
