import { ComposeGroup } from "../composeGroup";
import { OurGroup } from "../ourGroup";
import { secondsOf } from "../program";
import type { Row } from "../row";
import { SentinelWatch } from "../sentinelWatch";
import type { Session } from "../session";

const CONVERGE_TIMEOUT_MS = 90_000;

/** From the command to a group that can be counted on: our verified end against compose's complete group. */
export async function converge(session: Session): Promise<readonly Row[]> {
  const compose = await ComposeGroup.prepare(session);
  const ours = await OurGroup.prepare(session, "converge");
  const seconds = { ours: [] as number[], compose: [] as number[], sentinelsLast: [] as number[] };
  await session.eachRound("converge", async () => {
    seconds.compose.push(await secondsOf(() => composeComplete(session, compose, () => compose.up())));
    await compose.down();
    seconds.sentinelsLast.push(
      await secondsOf(() => composeComplete(session, compose, () => compose.upSentinelsLast())),
    );
    await compose.down();
    session.signal.throwIfAborted();
    seconds.ours.push(await secondsOf(() => ours.up()));
    await ours.destroy();
  });
  const common = {
    what: "converge: deployed, complete and (ours) verified",
    unit: "s",
    ours: seconds.ours,
    goal: { of: "ratio", below: 1 },
  } as const;
  return [
    { ...common, other: "compose", others: seconds.compose },
    { ...common, other: "compose, Sentinels last", others: seconds.sentinelsLast },
  ];
}

/** Until every Sentinel sees 2 replicas and 2 peers. */
async function composeComplete(session: Session, compose: ComposeGroup, up: () => Promise<unknown>): Promise<void> {
  using watch = new SentinelWatch(compose);
  const complete = session.waitFor(
    "every Sentinel of compose to see 2 replicas and 2 peers",
    () => watch.isComplete(),
    {
      timeoutMs: CONVERGE_TIMEOUT_MS,
      everyMs: 50,
    },
  );
  await Promise.all([up(), complete]);
}
