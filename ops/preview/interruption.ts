import { readRollout, type ToldRollout } from "../../rollout/order";
import type { Change, Preview } from "./model";

/** What an update does to a deployment's service. */
export interface Expectation {
  readonly deployment: string;
  /** In which order containers are replaced; undefined when none is, or when the program does not say. */
  readonly order?: ToldRollout;
  /** How the service is interrupted, in few words. */
  readonly interruption: string;
  /** Whether a person should choose the moment. */
  readonly grave: boolean;
  /** What more there is to know of it; may be empty. */
  readonly more: string;
}

/** Of `docs/failures.md`: an update that replaces all containers, under load. A test compares the two. */
export const HAND_OVER_MEASURED = "0.55 s, at most 0.61 s";

/** One for each deployment that the preview changes; pure. Nothing can be said of a preview that may not be whole. */
export function expectations(preview: Preview): readonly Expectation[] {
  if ((preview.failed && preview.errors.length > 0) || preview.doubts.length > 0) {
    return [];
  }
  const names = [...new Set(preview.changes.map(({ deployment }) => deployment).filter((name) => name !== ""))];
  return names.map((deployment) => expectationOf(deployment, preview));
}

function expectationOf(deployment: string, preview: Preview): Expectation {
  const changes = preview.changes.filter((change) => change.deployment === deployment);
  const order = preview.notes
    .filter((note) => note.deployment === deployment)
    .map(({ text }) => readRollout(text))
    .find((told) => told !== undefined);
  const whole = changes.find(({ kind }) => kind === "deployment")?.operation;
  const told = { deployment, order };
  if (whole === "create") {
    return { ...told, ...calm("none", "the deployment is new") };
  }
  if (whole === "delete") {
    return { ...told, interruption: "the service ends", grave: true, more: "the deployment is removed" };
  }
  if (changes.some(({ operation }) => operation === "other")) {
    return {
      ...told,
      interruption: "cannot be told",
      grave: true,
      more: "among the changes are some that this preview has no word for",
    };
  }
  if (of(changes, "replace", "network").length > 0) {
    return { ...told, ...allDown("a network is replaced, and all containers on it go down for that") };
  }
  const replaced = of(changes, "replace", "data container", "Sentinel");
  const underSentinel = preview.topologies[deployment] !== "replication";
  const leaving = of(changes, "delete", "data container").length > 0;
  if (replaced.length > 0) {
    const outlook = whenReplaced(replaced, order, underSentinel);
    // The master may be one that leaves, and not one that is replaced.
    return { ...told, ...(leaving && outlook.interruption.startsWith("none") ? whenLeaving(underSentinel) : outlook) };
  }
  if (leaving) {
    return { ...told, ...whenLeaving(underSentinel) };
  }
  return { ...told, ...calm("none", restarts(changes)) };
}

type Outlook = Pick<Expectation, "interruption" | "grave" | "more">;
const allDown = (why: string): Outlook => ({
  interruption: "some seconds",
  grave: true,
  more: `${why}; what is on no disk (\`save\` off, and no append-only file) is lost`,
});
const calm = (interruption: string, more = ""): Outlook => ({ interruption, more, grave: false });

const of = (changes: readonly Change[], operation: Change["operation"], ...kinds: readonly Change["kind"][]) =>
  changes.filter((change) => change.operation === operation && kinds.includes(change.kind));

const handOver = (underSentinel: boolean): string =>
  underSentinel
    ? `writes wait about half a second for it (measured: ${HAND_OVER_MEASURED}), and no acknowledged write is lost`
    : "writes are refused until the applications have found the new master, in the outputs or by asking the nodes; no acknowledged write is lost";

const whenLeaving = (underSentinel: boolean): Outlook =>
  calm(
    "none, or one hand-over",
    `if a member that leaves is the master now, it hands over first; ${handOver(underSentinel)}`,
  );

function whenReplaced(replaced: readonly Change[], order: ToldRollout | undefined, underSentinel: boolean): Outlook {
  if (order?.together !== undefined) {
    return allDown("all containers are replaced at once");
  }
  if (replaced.every(({ kind }) => kind === "Sentinel")) {
    return calm("none", "only Sentinels are replaced, one at a time");
  }
  if (order?.master !== undefined && order.names.length === 1) {
    return calm(
      "one hand-over, or a restart where there is no replica",
      `with a replica, ${handOver(underSentinel)}; without one, nobody serves until the master has started again`,
    );
  }
  if (order?.master !== undefined) {
    return calm("one hand-over", handOver(underSentinel));
  }
  if (order !== undefined && !order.masterUnknown) {
    return calm("none for writes", "only replicas are replaced; whoever reads from one has to connect again");
  }
  return calm(
    "at most one hand-over",
    `nobody says who is the master now; if it is replaced, ${handOver(underSentinel)}`,
  );
}

/** What starts again without a container being replaced. */
function restarts(changes: readonly Change[]): string {
  const sentinelsLeave = of(changes, "delete", "Sentinel").length > 0;
  const renewed = of(changes, "replace", "certificate", "authority").length > 0;
  if (renewed || of(changes, "create", "authority").length > 0) {
    return "data nodes take certificates while they run; Sentinels are restarted for them, one at a time";
  }
  return sentinelsLeave
    ? "the Sentinels that stay are restarted to forget the others, one at a time"
    : "nothing is restarted";
}
