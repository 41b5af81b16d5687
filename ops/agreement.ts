import { UserError } from "../config/userError";
import type { PromotionPlan } from "../handover/promotion";
import { named } from "../handover/steps";

/** What the command line answers beforehand. */
export interface Consent {
  /** For what is safe; what may lose writes wants a person or `force`. */
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Where a promotion's question and a second look come from. */
export interface Asking {
  /** @param option that answers the question without a person. */
  readonly confirm: (question: string, option?: string) => Promise<boolean>;
  readonly lookAgain: () => Promise<PromotionPlan | "already">;
}

/**
 * Has a promotion agreed to, and gives the plan to carry out: the question may have been on the screen for an hour.
 *
 * @returns undefined when it is not wanted, "already" when there is nothing left to do.
 * @throws UserError when what was agreed to is no longer so.
 */
export async function agreeTo(
  plan: PromotionPlan,
  { yes, force }: Consent,
  { confirm, lookAgain }: Asking,
): Promise<PromotionPlan | "already" | undefined> {
  const isRisky = plan.risks.length > 0;
  if (force || (yes && !isRisky)) {
    return plan;
  }
  const { name } = plan.chosen;
  const agreed = await (isRisky ? confirm(`Promote ${name} all the same?`, "--force") : confirm(`Promote ${name}?`));
  if (!agreed) {
    return undefined;
  }
  const current = await lookAgain();
  const reason = current === "already" ? undefined : whyNotAgreed(plan, current);
  if (reason !== undefined) {
    throw new UserError(`Meanwhile ${reason}. Nothing was changed; decide anew, with: npm run promote -- ${name}`);
  }
  return current;
}

/** What has come in between that nobody agreed to; pure. Fewer risks than were accepted are none of it. */
export function whyNotAgreed(agreed: PromotionPlan, current: PromotionPlan): string | undefined {
  if (current.master !== undefined && current.master.name !== agreed.master?.name) {
    return `${named(current.master)} became master`;
  }
  const added = current.risks.filter((risk) => !agreed.risks.includes(risk));
  return added.length === 0 ? undefined : `data may be lost in another way: ${added.join("; ")}`;
}
