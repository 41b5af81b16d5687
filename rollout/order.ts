import { allMembers, type DeploymentPlan, type MemberPlan } from "../config/plan";
import { identityOf, isBroken, type FoundMember } from "./members";

/** A container that an update replaces. */
export interface Replacement {
  readonly name: string;
  readonly kind: "data" | "sentinel";
  /** Engine's id of the container that goes. */
  readonly id: string;
  /** Does not run at all: there is nothing to interrupt. */
  readonly down: boolean;
  /** Could not be counted on when the update began. */
  readonly broken: boolean;
  /**
   * Nothing that this program knows of replaces it, but something else may: an engine that answers differently, another
   * build of the plugin, `--replace`, what a refresh found. Whether it does is only seen once its turn has come.
   */
  readonly unexpected?: boolean;
}

/** How an update replaces containers. Containers that are only created are not in it: they wait for nobody. */
export interface Rollout {
  /** In the order of the plan; empty on a first creation, and when nothing is replaced. */
  readonly replaced: readonly Replacement[];
  /** Why they cannot go one at a time; undefined when they can. */
  readonly together?: string;
}

/** What decides whether a container is replaced. */
export interface Target {
  /** Value of the label `redis-on-docker.revision`, by the member's name. */
  readonly revisions: ReadonlyMap<string, string>;
  /** Id of the image, by the engine's endpoint; undefined where it has to be pulled first. */
  readonly images: ReadonlyMap<string, string | undefined>;
}

interface Pair {
  readonly member: MemberPlan;
  readonly container: FoundMember;
}

/** The declared members that have a container. */
const pairsOf = (plan: DeploymentPlan, found: readonly FoundMember[], { revisions }: Target): readonly Pair[] =>
  allMembers(plan)
    .filter(({ name }) => revisions.has(name))
    .flatMap((member) => {
      const container = found.find(({ name }) => name === member.name);
      return container === undefined ? [] : [{ member, container }];
    });

const replacementOf = ({ member: { name, kind }, container }: Pair): Replacement => ({
  name,
  kind,
  id: container.id,
  down: !container.running,
  broken: isBroken(container),
});

/** All members that have a container, each in its turn: those that the rollout replaces, and the unexpected ones; pure. */
export function turnsOf(
  plan: DeploymentPlan,
  found: readonly FoundMember[],
  target: Target,
  { replaced }: Rollout,
): readonly Replacement[] {
  return pairsOf(plan, found, target).map(
    (pair) => replaced.find(({ name }) => name === pair.member.name) ?? { ...replacementOf(pair), unexpected: true },
  );
}

/** Which containers an update replaces; pure. */
export function rolloutOf(plan: DeploymentPlan, found: readonly FoundMember[], target: Target): Rollout {
  const pairs = pairsOf(plan, found, target);
  const replaced = pairs
    .filter(
      ({ member, container }) =>
        container.revision !== target.revisions.get(member.name) ||
        container.imageId !== target.images.get(member.engine.endpoint) ||
        container.engine !== member.engine.endpoint,
    )
    .map(replacementOf);
  // A container of an older version of this program has no such label; its address was the same.
  const stranger = pairs.find(
    ({ member, container }) => (container.identity ?? identityOf(plan, member)) !== identityOf(plan, member),
  );
  return stranger === undefined || replaced.length < 2
    ? { replaced }
    : {
        replaced,
        together: `${stranger.member.name} is reached as ${stranger.container.identity} now and will be as ${identityOf(plan, stranger.member)}, and members of both kinds cannot be one group`,
      };
}

/**
 * Who is replaced next: what is broken, then replicas, then Sentinels, and last the master of the moment, which is
 * asked for anew before each step, since a failover may come between.
 */
export function nextOf(remaining: readonly Replacement[], master: string | undefined): Replacement | undefined {
  const rank = (member: Replacement): number => {
    if (member.down) {
      return 0;
    }
    if (member.name === master) {
      return 4;
    }
    return member.broken ? 1 : member.kind === "data" ? 2 : 3;
  };
  return remaining.reduce<Replacement | undefined>(
    (first, member) => (first === undefined || rank(member) < rank(first) ? member : first),
    undefined,
  );
}

/** The whole order, as far as it can be told ahead. */
export function orderOf(replaced: readonly Replacement[], master: string | undefined): readonly Replacement[] {
  const next = nextOf(replaced, master);
  return next === undefined
    ? []
    : [
        next,
        ...orderOf(
          replaced.filter((member) => member !== next),
          master,
        ),
      ];
}

/**
 * The sentence in which a preview and an update say what they do; undefined when nothing is replaced.
 *
 * @param master name of the master now, as far as anyone says who that is.
 */
export function describeRollout({ replaced, together }: Rollout, master: string | undefined): string | undefined {
  if (replaced.length === 0) {
    return undefined;
  }
  const order = orderOf(replaced, master);
  const names = order.map(({ name }) => name);
  const count = `Replaces ${names.length} ${names.length === 1 ? "container" : "containers"}`;
  if (together !== undefined) {
    return `${count} at once, which interrupts the service: ${names.join(", ")}; ${together}.`;
  }
  const unknown =
    master === undefined && replaced.some(({ kind }) => kind === "data") ? "; nobody says who is the master now" : "";
  const last = order.at(-1)!;
  if (last.name !== master) {
    return `${count}${names.length === 1 ? "" : ", one at a time"}: ${names.join(", ")}${unknown}.`;
  }
  const others = names.slice(0, -1);
  return others.length === 0
    ? `${count}: ${last.name}, the master now, which hands over first if there is a replica.`
    : `${count}, one at a time: ${others.join(", ")}, then ${last.name}, the master now, which hands over first.`;
}

/** What `describeRollout` says, for programs that have nothing but its sentence. */
export interface ToldRollout {
  /** In the order in which they are replaced. */
  readonly names: readonly string[];
  /** Why they are replaced at once; undefined when they go one at a time. */
  readonly together?: string;
  /** The master of the moment, if it is replaced; then it is the last one. */
  readonly master?: string;
  /** Nobody says who is the master now, so it may be any of them. */
  readonly masterUnknown: boolean;
}

/** Reads a sentence of `describeRollout`; undefined when it is none. */
export function readRollout(sentence: string): ToldRollout | undefined {
  const told = /^Replaces \d+ containers? at once, which interrupts the service: ([^;]+); (.*)\.$/s.exec(sentence);
  if (told !== null) {
    return { names: told[1]!.split(", "), together: told[2], masterUnknown: false };
  }
  const [, list] = /^Replaces \d+ containers?(?:, one at a time)?: (.*)\.$/s.exec(sentence) ?? [];
  if (list === undefined) {
    return undefined;
  }
  const [, others, master] =
    /^(?:(.*), then )?(\S+), the master now, which hands over first(?: if there is a replica)?$/.exec(list) ?? [];
  if (master !== undefined) {
    return { names: [...(others?.split(", ") ?? []), master], master, masterUnknown: false };
  }
  const names = list.replace(/; nobody says who is the master now$/, "");
  return { names: names.split(", "), masterUnknown: names !== list };
}
