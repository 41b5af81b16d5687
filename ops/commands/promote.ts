import type { Contract } from "../../outputs/contract";
import { confirm } from "../ask";
import { agreeTo } from "../agreement";
import { say, stopSignal, timedSteps } from "../announce";
import { withGroup } from "../../handover/group";
import { planPromotion, promote as carryOut, type PromotionPlan } from "../../handover/promotion";
import { awaitRecorded } from "../../handover/record";
import { named, type Say } from "../../handover/steps";
import { hintsFor } from "../hints";
import { readContract } from "../stack";
import { EXIT, UserError } from "../../config/userError";

export interface PromoteOptions {
  readonly stack: string;
  readonly deployment?: string;
  /** Name of the node that is to become master. */
  readonly node: string;
  readonly yes?: boolean;
  /** Go on although writes are or may be lost. */
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `npm run promote -- NODE`: the replication topology's failover, by hand. */
export async function promote(options: PromoteOptions): Promise<number> {
  const contract = await readContract(options.stack, options.deployment);
  if (contract.topology === "sentinel") {
    throw new UserError(
      `${contract.deployment} is under Sentinel, which decides who is master; hand over with: npm run failover -- --to ${options.node}`,
    );
  }
  return withGroup(contract, async (group) => {
    const look = () => planPromotion(group, options.node);
    const first = await look();
    if (first !== "already") {
      say(planText(first));
    }
    const plan = first === "already" ? first : await agreeTo(first, options, { confirm, lookAgain: look });
    if (plan === "already") {
      say(`${options.node} is the master already.`);
      return EXIT.ok;
    }
    if (plan === undefined) {
      say("Nothing was changed.");
      return EXIT.failed;
    }
    const stop = stopSignal();
    try {
      const tell = timedSteps((line) => say(hintsFor(options)(line)));
      const { pausedMs } = await carryOut(group, plan, { say: tell, signal: stop.signal });
      await waitForRecords(contract, plan, tell);
      process.stdout.write(`${reportOf(contract, plan, pausedMs, options)}\n`);
      return EXIT.ok;
    } finally {
      stop.dispose();
    }
  });
}

function planText({ chosen, master, risks, absent }: PromotionPlan): string {
  const present = master === undefined ? "No master answers" : `${named(master)} is the master`;
  const lines = [`${present}; ${named(chosen)} would take over${risks.length === 0 ? ", in sync." : "."}`];
  lines.push(...risks.map((risk) => `Data may be lost: ${risk}.`));
  if (absent.length > 0) {
    const one = absent.length === 1;
    lines.push(
      `${absent.join(", ")} ${one ? "does" : "do"} not answer and cannot be told now; ${one ? "it follows" : "they follow"} when back.`,
    );
  }
  return lines.join("\n");
}

/** From then on restarts of any node bring back the same roles. */
async function waitForRecords(contract: Contract, { chosen, followers }: PromotionPlan, tell: Say): Promise<void> {
  const told = contract.nodes.filter(
    ({ name }) => name === chosen.name || followers.some((each) => each.name === name),
  );
  const open = await awaitRecorded(told, chosen.address);
  tell(
    open.length === 0
      ? "the roles are recorded and survive restarts"
      : `${open.join(", ")} ${open.length === 1 ? "has" : "have"} not recorded the new roles yet; do not restart ${open.length === 1 ? "it" : "them"} before npm run verify passes`,
  );
}

function reportOf(
  { deployment }: Contract,
  { chosen, master }: PromotionPlan,
  pausedMs: number | undefined,
  options: PromoteOptions,
): string {
  if (options.json) {
    return JSON.stringify({ deployment, from: master?.name, to: chosen.name, pausedMs });
  }
  const paused = pausedMs === undefined ? "" : `; writes were paused for ${pausedMs} ms`;
  return hintsFor(options)(
    `${deployment}: master is ${named(chosen)}${paused}. Applications that read this stack's outputs follow at the next: npm run up`,
  );
}
