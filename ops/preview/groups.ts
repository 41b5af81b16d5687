import type { Change, Violation } from "./model";

/** Changes to which the same happens for the same reason. */
export interface Group {
  /** What happens, as Markdown. */
  readonly what: string;
  readonly names: readonly string[];
  /** Properties that are the reason. */
  readonly because: readonly string[];
}

/** In the order of the list below, what interrupts most first; pure. What only stands in the state is in no group. */
export function groupsOf(changes: readonly Change[]): readonly Group[] {
  const fresh = new Set(changes.filter(isFresh).map(({ name }) => name));
  return EVENTS.flatMap(({ what, is, unnamed }) => {
    const groups = new Map<string, Group & { names: string[] }>();
    for (const change of changes.filter((one) => is(one, fresh.has(one.deployment)))) {
      const given = change.operation === "replace" ? tellingCauses(change.causes) : change.paths;
      const because = given.length === 0 && unnamed !== undefined ? [unnamed] : given;
      const group = groups.get(JSON.stringify(because)) ?? { what, because, names: [] };
      group.names.push(change.name);
      groups.set(JSON.stringify(because), group);
    }
    return [...groups.values()];
  });
}

/** A container's labels follow from the rest, and are a reason only where nothing else is. */
function tellingCauses(causes: readonly string[]): readonly string[] {
  const others = causes.filter((cause) => cause !== "labels");
  return others.length > 0 ? others : causes;
}

const isFresh = ({ kind, operation }: Change): boolean => kind === "deployment" && operation === "create";

interface Event {
  readonly what: string;
  readonly is: (change: Change, inFreshDeployment: boolean) => boolean;
  /** The reason where no path can be told. */
  readonly unnamed?: string;
}

const CONTAINERS: readonly Change["kind"][] = ["data container", "Sentinel", "container"];
const does =
  (operation: Change["operation"], ...kinds: readonly Change["kind"][]) =>
  (change: Change): boolean =>
    change.operation === operation && kinds.includes(change.kind);
const containersAre = (operation: Change["operation"]) => does(operation, ...CONTAINERS);

const EVENTS: readonly Event[] = [
  { what: "**replaced**, and so restarted", is: containersAre("replace") },
  { what: "**replaced**; the image of now stays on the engine", is: does("replace", "image") },
  {
    what: "**replaced**",
    is: (change) => change.operation === "replace" && !isOneOf(change, ...CONTAINERS, "image", "certificate"),
  },
  { what: "**removed**", is: containersAre("delete") },
  { what: "created", is: (change, fresh) => fresh && containersAre("create")(change) },
  { what: "joins", is: (change, fresh) => !fresh && containersAre("create")(change) },
  // Passwords and certificates are secret inputs, so all that is known of them is that they changed.
  { what: "changes live, without a restart", is: does("update", "settings"), unnamed: "secrets" },
  { what: "changes in the running container", is: containersAre("update") },
  { what: "renewed", is: does("replace", "certificate") },
  { what: "generated", is: (change, fresh) => !fresh && does("create", "password", "authority")(change) },
  {
    what: "changes in the stack only",
    is: (change) => change.operation === "update" && !isOneOf(change, ...CONTAINERS, "settings"),
  },
];

const isOneOf = (change: Change, ...kinds: readonly Change["kind"][]): boolean => kinds.includes(change.kind);

/** Places at which the same is wrong. */
export interface ViolationGroup {
  readonly rule: string;
  /** Such as `container redis-master`; empty where a violation names no place. */
  readonly places: readonly string[];
  readonly what: string;
}

/** A violation reads `PLACE: what is wrong`; pure. */
export function violationGroups(violations: readonly Violation[]): readonly ViolationGroup[] {
  const groups = new Map<string, ViolationGroup & { places: string[] }>();
  for (const { rule, text } of violations) {
    const [, place, what = text] = /^(\S+ \S+): (.*)$/s.exec(text) ?? [];
    const group = groups.get(JSON.stringify([rule, what])) ?? { rule, places: [], what };
    if (place !== undefined) {
      group.places.push(place);
    }
    groups.set(JSON.stringify([rule, what]), group);
  }
  return [...groups.values()];
}
