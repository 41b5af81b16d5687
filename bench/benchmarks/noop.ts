import { EmptyProgram } from "../noop/emptyProgram";
import { measureBreakdown, type TimeSink } from "../noop/breakdown";
import { OurGroup } from "../ourGroup";
import { secondsOf } from "../program";
import type { Row } from "../row";
import type { Session } from "../session";

const GOAL = { of: "ours", below: 3 } as const;

/** `pulumi up` and `pulumi preview` when there is nothing to change, against a program that does nothing. */
export async function noop(
  session: Session,
): Promise<{ readonly rows: readonly Row[]; readonly breakdown: readonly TimeSink[] }> {
  const ours = await OurGroup.prepare(session, "noop");
  const empty = await EmptyProgram.prepare(session);
  session.say("noop: deploying the group");
  await ours.up();
  const seconds = { up: [] as number[], preview: [] as number[], empty: [] as number[] };
  await session.eachRound("noop", async () => {
    seconds.up.push(await secondsOf(() => ours.up("--expect-no-changes")));
    session.signal.throwIfAborted();
    seconds.preview.push(await secondsOf(() => ours.preview("--expect-no-changes")));
    seconds.empty.push(await secondsOf(() => empty.up()));
  });
  session.say("noop: watching one more from inside");
  const common = { unit: "s", other: "`up` of an empty program", others: seconds.empty, goal: GOAL } as const;
  return {
    rows: [
      { what: "no-op: pulumi up --skip-preview", ours: seconds.up, ...common },
      { what: "no-op: pulumi preview", ours: seconds.preview, ...common },
    ],
    breakdown: await measureBreakdown(ours),
  };
}
