import pRetry from "p-retry";
import { sentinelClient } from "../checks/connections";
import { listOf, type Fields } from "../checks/replies";
import { failure } from "../config/failure";
import type { DeploymentPlan } from "../config/plan";
import { engineClient } from "../engine/engineClient";
import type { Contract, ContractMember } from "../outputs/contract";
import { isDown, lookAtMembers, type MemberState } from "./look";
import type { PresentMember } from "./present";

/** Seconds a Sentinel gets to end by itself; it has nothing to save. */
const STOP_S = 5;
/** A restarted Sentinel is ready within a second or two; a busy machine may take longer. */
const READY = { retries: 300, factor: 1, minTimeout: 100, maxRetryTime: 30_000 };

export interface Forgetting {
  /** The members' containers. */
  readonly present: readonly PresentMember[];
  /**
   * Whether strangers that are up are forgotten too: right after members were stopped, Sentinels do not see them down
   * yet; without that, a stranger that is up is somebody else's doing, and for the checks to report.
   */
  readonly all: boolean;
  readonly say: (line: string) => void;
}

/**
 * Lets the Sentinels forget what is no member any more, so that nothing foreign is enslaved when an address is used
 * again, and no ghost counts for a majority.
 *
 * Sentinel has no command that forgets one instance: RESET forgets all, and is blind until the next INFO. A Sentinel
 * that starts again writes its file from the plan (see node/sentinel.sh), so they are restarted, one after the other,
 * each only when the one before has its quorum again, and knows a replica that could take over: at every moment a quorum
 * of them could carry out a failover.
 */
export async function forgetStrangers(
  plan: DeploymentPlan,
  contract: Contract,
  { present, all, say }: Forgetting,
): Promise<void> {
  for (const state of await lookAtMembers(plan, contract, present)) {
    const ghosts = ghostsOf(state, all);
    if (ghosts.length > 0) {
      await restart(contract, state.member);
      say(`${state.member.name} was restarted and has forgotten ${ghosts.join(", ")}`);
    }
  }
}

/** Addresses that a Sentinel has to forget; pure. */
export function ghostsOf({ strangers }: MemberState, all: boolean): readonly string[] {
  return strangers.filter(({ down }) => all || down).map(({ address }) => address);
}

/** Whether a Sentinel would promote this replica, as it sees it: up, linked, and allowed to. Pure. */
export function couldTakeOver(replica: Fields): boolean {
  const { flags = "", "master-link-status": link, "slave-priority": priority } = replica;
  return !isDown(flags) && link === "ok" && priority !== "0";
}

async function restart(contract: Contract, sentinel: ContractMember): Promise<void> {
  const engine = await engineClient(sentinel.engine);
  await engine.getContainer(sentinel.name).restart({ t: STOP_S });
  await pRetry(() => requireReady(contract, sentinel), READY).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure(
      `${sentinel.name} was restarted to forget members that left, and cannot carry out a failover ${READY.maxRetryTime / 1000} s later (${reason}); the other Sentinels were left alone. See: npm run logs -- ${sentinel.name}; then run \`npm run up\` again.`,
    );
  });
}

async function requireReady(contract: Contract, sentinel: ContractMember): Promise<void> {
  const client = sentinelClient(contract, sentinel);
  try {
    await client.call("SENTINEL", "CKQUORUM", contract.masterName);
    const replicas = listOf(await client.call("SENTINEL", "REPLICAS", contract.masterName));
    if (contract.nodes.length > 1 && !replicas.some(couldTakeOver)) {
      throw new Error("it knows no replica that could take over");
    }
  } finally {
    client.disconnect();
  }
}
