import type Docker from "dockerode";
import { container } from "../../test/support/engine";
import { ComposeGroup } from "../composeGroup";
import type { Group } from "../group";
import { OurGroup } from "../ourGroup";
import type { Row } from "../row";
import { SentinelWatch } from "../sentinelWatch";
import type { Session } from "../session";
import { SteadyWriter } from "../steadyWriter";

/** An old master that was started again takes its time until it is a replica that may be promoted. */
const SETTLE_TIMEOUT_MS = 120_000;
const WRITES_TIMEOUT_MS = 60_000;
/** Writes before the master's end, and after the group is back: a second of them. */
const WRITES = 500;

/** How a master ends, and stays away until its group has another one. */
interface Ending {
  readonly what: string;
  /** Below which ratio of the other's gap ours is to be. */
  readonly below: number;
  readonly end: (master: Docker.Container) => Promise<unknown>;
}

/** Ended by the engine, a container counts as stopped by hand: no restart policy brings it back. */
const ENDINGS: readonly Ending[] = [
  { what: "killed", below: 1, end: (master) => master.kill({ signal: "SIGKILL" }) },
  { what: "stopped", below: 0.25, end: (master) => master.stop({ t: 30 }) },
];

/** The longest time without an acknowledged write when the master is killed, or stopped, and stays down. */
export async function failover(session: Session): Promise<readonly Row[]> {
  const compose = await ComposeGroup.prepare(session);
  const deployed = await OurGroup.prepare(session, "failover");
  session.say("failover: deploying both groups");
  await deployed.up();
  await compose.up();
  const ours = await deployed.asGroup();
  const rows: Row[] = [];
  for (const ending of ENDINGS) {
    const gaps = { ours: [] as number[], compose: [] as number[] };
    await session.eachRound(`failover, master ${ending.what}`, async () => {
      gaps.ours.push(await gapAfter(ending, session, ours));
      gaps.compose.push(await gapAfter(ending, session, compose));
    });
    rows.push({
      what: `failover: longest gap between writes, master ${ending.what}`,
      unit: "s",
      ours: gaps.ours,
      other: "compose",
      others: gaps.compose,
      goal: { of: "ratio", below: ending.below },
    });
  }
  return rows;
}

/** Ends the master under load, waits for its successor, and starts it again; gives seconds. */
async function gapAfter({ what, end }: Ending, session: Session, group: Group): Promise<number> {
  using watch = new SentinelWatch(group);
  const settled = () =>
    session.waitFor(`every Sentinel of ${group.label} to see two promotable replicas`, () => watch.settledMaster(), {
      timeoutMs: SETTLE_TIMEOUT_MS,
      everyMs: 200,
    });
  const master = container(await group.containerAt(await settled()));
  using writer = new SteadyWriter(await group.connection());
  const more = async (what: string) => {
    const wanted = writer.acknowledged + WRITES;
    await session.waitFor(
      `${WRITES} acknowledged writes ${what} (${group.label})`,
      () => writer.acknowledged >= wanted,
      {
        timeoutMs: WRITES_TIMEOUT_MS,
      },
    );
  };
  await more(`before the master is ${what}`);
  await end(master);
  await more(`after the master was ${what}`);
  await master.start();
  session.say(`  ${group.label}: ${Math.round(writer.longestGapMs)} ms`);
  return writer.longestGapMs / 1000;
}
