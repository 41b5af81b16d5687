import { reasonOf } from "../../config/reason";
import { WritePause } from "../../handover/pause";
import type { Say } from "../../handover/steps";
import { UserError } from "../../config/userError";
import { catchUp, compareCounts, compareKeys, copyFunctions, type Carriage } from "./carry";
import { closedValue, CLOSING_SETTING, openedValue } from "./closing";
import type { Target } from "./copy";
import { numberSetting, requireMaster } from "./facts";
import { unmark } from "./marker";
import { askOne, type Side } from "./side";

/**
 * After so long the server ends the pause by itself. A paused master does not answer its Sentinels, whose words to it
 * are held back, too: it has to be over before they take it for down (5 s in the compose files).
 */
const PAUSE_MS = 4000;
/** What takes longer is given up: the pause would end while it goes on. */
const WITHIN_MS = 2500;
const REPLICAS_MS = 2000;

/**
 * The last step: writes are held back at the source, what is missing is brought and counted, and the source is closed
 * for writes. Until it is closed whatever goes wrong leaves everything as it was, and no client has seen an error.
 *
 * @param servers all that are closed: a replica may become master.
 * @returns for how long writes were held.
 * @throws UserError that says why, and that writes go on.
 */
export async function cutOver(carriage: Carriage, servers: readonly Side[], say: Say): Promise<number> {
  const { source, target, changes } = carriage;
  const pause = await WritePause.begin(source, PAUSE_MS);
  say(`writes are held at ${source.name}`);
  let closing = false;
  try {
    // The question may have been on the screen for an hour, and only a master holds writes.
    await requireMaster(source);
    await changes.settle();
    const { names: last } = await catchUp(carriage);
    await compareKeys(carriage, last);
    await copyFunctions(carriage);
    await compareCounts(carriage, 1);
    await awaitReplicas(target);
    if (pause.ms > WITHIN_MS) {
      throw new UserError(`the last changes took ${pause.ms} ms, and writes may be held for ${WITHIN_MS} ms`);
    }
    closing = true;
    await close(servers);
    await requireMaster(source);
    // If this machine stood still, the pause ran out, and there were writes before it was closed.
    await changes.settle();
    await catchUp(carriage);
    await awaitReplicas(target);
    await unmark(target);
    say(
      `the last ${last.length} changed keys are at ${target.name} and its replicas, the numbers of keys are the same`,
    );
  } catch (error) {
    throw new UserError(`${reasonOf(error)}. ${await resume(source, closing ? servers : [], pause)}`);
  }
  // The server ends it by itself, if this does not reach it.
  await pause.end().catch(() => undefined);
  return pause.ms;
}

/** Lets writes go on at servers that were closed. */
export async function reopen(servers: readonly Side[]): Promise<void> {
  for (const server of servers) {
    await askOne(server, "CONFIG", "SET", CLOSING_SETTING, openedValue(await numberSetting(server, CLOSING_SETTING)));
  }
}

async function close(servers: readonly Side[]): Promise<void> {
  for (const server of servers) {
    await askOne(server, "CONFIG", "SET", CLOSING_SETTING, closedValue(await numberSetting(server, CLOSING_SETTING)));
  }
}

async function awaitReplicas(target: Target): Promise<void> {
  if (target.replicas === 0) {
    return;
  }
  const confirmed = Number(await askOne(target, "WAIT", target.replicas, REPLICAS_MS));
  if (confirmed < target.replicas) {
    throw new UserError(
      `${confirmed} of ${target.replicas} replicas of ${target.name} have all of it after ${REPLICAS_MS / 1000} s; see: npm run status`,
    );
  }
}

async function resume(source: Side, closed: readonly Side[], pause: WritePause): Promise<string> {
  try {
    await reopen(closed);
    await pause.end();
    return `Nothing was switched: writes at ${source.name} go on after ${pause.ms} ms.`;
  } catch {
    return closed.length === 0
      ? `Nothing was switched: writes at ${source.name} go on by themselves within ${PAUSE_MS / 1000} s.`
      : `Nothing was switched, and ${source.name} could not be told to go on: npm run migrate -- --from ${closed.map(({ name }) => name).join(",")} --reopen`;
  }
}
