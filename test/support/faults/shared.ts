import { after } from "mocha";
import { accessOf } from "../../../outputs/access";
import { withMember } from "./connect";
import { FaultGroup } from "./group";

/**
 * The deployment that most faults break, one after the other: three nodes and three Sentinels, with an append-only file,
 * and D = 5 s. A failover may be repeated after a short time, so that rounds can follow one another.
 */
export const SETTINGS = {
  name: "faults",
  redisPort: 19680,
  sentinelPort: 29679,
  downAfterMs: 5000,
  failoverTimeoutMs: 10_000,
  appendonly: true,
  dataVolumes: "delete",
  checkTimeoutS: 60,
} as const;

/** Milliseconds without an answer after which the Sentinels of the shared deployment see a node down. */
export const D = SETTINGS.downAfterMs;

let deployed: Promise<FaultGroup> | undefined;

/** The shared deployment, deployed by the first fault that asks, and whole again. */
export async function sharedGroup(): Promise<FaultGroup> {
  deployed ??= FaultGroup.deploy(SETTINGS);
  const group = await deployed;
  await group.heal();
  // What earlier faults wrote would only make this one's looks longer.
  await withMember(await group.master(), accessOf(group.contract, "admin"), (client) => client.flushall());
  return group;
}

after("remove the shared deployment", async () => {
  await (await deployed?.catch(() => undefined))?.dispose();
});
