import pRetry from "p-retry";
import { sentinelClient } from "../checks/connections";
import { listOf, type Fields } from "../checks/replies";
import { failure } from "../config/failure";
import { reasonOf } from "../config/reason";
import { engineClient } from "../engine/engineClient";
import { engineReasonOf } from "../engine/engineError";
import type { Contract, ContractMember } from "../outputs/contract";
import { isDown } from "./look";

/** Seconds a Sentinel gets to end by itself; it has nothing to save. */
const STOP_S = 5;
/** The engine answers when it runs again. */
const RESTARTED_MS = STOP_S * 1000 + 25_000;
/** A restarted Sentinel is ready within a second or two; a busy machine may take longer. */
const READY = { retries: 300, factor: 1, minTimeout: 100, maxRetryTime: 30_000 };

/**
 * Restarts a Sentinel, and waits until it has its quorum again and knows a replica that could take over.
 *
 * @param why reads on from "was restarted" and "could not be restarted".
 * @throws when the engine does not restart it, or it is not ready in time.
 */
export async function restartSentinel(contract: Contract, name: string, why: string): Promise<void> {
  const sentinel = contract.sentinels.find((one) => one.name === name)!;
  const next = `the other Sentinels were left alone. See: npm run logs -- ${name}; then run \`npm run up\` again.`;
  const engine = await engineClient(sentinel.engine, RESTARTED_MS);
  await engine
    .getContainer(name)
    .restart({ t: STOP_S })
    .catch((error: unknown) => {
      throw failure(`${name} could not be restarted ${why} (${engineReasonOf(error)}); ${next}`);
    });
  await pRetry(() => requireReady(contract, sentinel), READY).catch((error: unknown) => {
    const late = `${READY.maxRetryTime / 1000} s later`;
    throw failure(
      `${name} was restarted ${why}, and cannot carry out a failover ${late} (${reasonOf(error)}); ${next}`,
    );
  });
}

/** Whether a Sentinel would promote this replica, as it sees it: up, linked, and allowed to. Pure. */
export function couldTakeOver(replica: Fields): boolean {
  const { flags = "", "master-link-status": link, "slave-priority": priority } = replica;
  return !isDown(flags) && link === "ok" && priority !== "0";
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
