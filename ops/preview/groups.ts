import type { Change, Violation } from "./model";

/** Changes to which the same happens for the same reason. */
export interface Group {
  /** What happens, as Markdown. */
  readonly what: string;
  readonly names: readonly string[];
  /** Properties that are the reason. */
  readonly because: readonly string[];
  /** The reason in this program's own words, where no property is one. */
  readonly otherwise?: string;
}

/** In the order of the list below, what interrupts most first; pure. What only stands in the state is in no group. */
export function groupsOf(changes: readonly Change[]): readonly Group[] {
  const created = changes.filter(({ operation }) => operation === "create");
  const deployments = new Set(created.filter(({ kind }) => kind === "deployment").map(({ name }) => name));
  const resources = new Set(created.map(({ name }) => name));
  const arrivalOf = (change: Change): Arrival =>
    // Who is a member for the first time gets a volume.
    isOneOf(change, "data container", "Sentinel") && !resources.has(`${change.name}-data`)
      ? "again"
      : deployments.has(change.deployment)
        ? "first"
        : "joins";
  return EVENTS.flatMap(({ what, is, unnamed, otherwise }) => {
    const groups = new Map<string, Group & { names: string[] }>();
    for (const change of changes.filter((one) => is(one, arrivalOf(one)))) {
      const given = reasonsOf(change);
      const because = given.length === 0 && unnamed !== undefined ? [unnamed] : given;
      const group = groups.get(JSON.stringify(because)) ?? { what, because, otherwise, names: [] };
      group.names.push(change.name);
      groups.set(JSON.stringify(because), group);
    }
    return [...groups.values()];
  });
}

function reasonsOf({ operation, step, causes, paths }: Change): readonly string[] {
  return operation === "replace" ? tellingCauses(causes) : operation === "other" ? [step] : paths;
}

/** A container's labels follow from the rest, and are a reason only where nothing else is. */
function tellingCauses(causes: readonly string[]): readonly string[] {
  const others = causes.filter((cause) => cause !== "labels");
  return others.length > 0 ? others : causes;
}

/** How something that is created gets into its deployment: with it, to the others that are there, or back to them. */
type Arrival = "first" | "joins" | "again";

interface Event {
  readonly what: string;
  readonly is: (change: Change, arrival: Arrival) => boolean;
  /** The reason where no path can be told. */
  readonly unnamed?: string;
  /** The reason, in words, where there is none at all. */
  readonly otherwise?: string;
}

const CONTAINERS: readonly Change["kind"][] = ["data container", "Sentinel", "container"];
const does =
  (operation: Change["operation"], ...kinds: readonly Change["kind"][]) =>
  (change: Change): boolean =>
    change.operation === operation && kinds.includes(change.kind);
const containersAre = (operation: Change["operation"]) => does(operation, ...CONTAINERS);

const otherwise = "Pulumi names no property";

const EVENTS: readonly Event[] = [
  { what: "**replaced**, and so restarted", is: containersAre("replace"), otherwise },
  { what: "**replaced**; the image of now stays on the engine", is: does("replace", "image"), otherwise },
  {
    what: "**replaced**",
    is: (change) => change.operation === "replace" && !isOneOf(change, ...CONTAINERS, "image", "certificate"),
    otherwise,
  },
  { what: "**something else**, by this name of Pulumi's", is: ({ operation }) => operation === "other" },
  { what: "**removed**", is: containersAre("delete") },
  {
    what: "created again: it was stopped or lost",
    is: (change, arrival) => containersAre("create")(change) && arrival === "again",
  },
  { what: "created", is: (change, arrival) => containersAre("create")(change) && arrival === "first" },
  // New ones, and those that have lost their volume with the container: both come to the others with nothing.
  {
    what: "created: starts empty, and copies the data",
    is: (change, arrival) => does("create", "data container")(change) && arrival === "joins",
  },
  {
    what: "created: joins the others",
    is: (change, arrival) => does("create", "Sentinel", "container")(change) && arrival === "joins",
  },
  // Passwords and certificates are secret inputs, so all that is known of them is that they changed.
  { what: "changes live, without a restart", is: does("update", "settings"), unnamed: "secrets" },
  { what: "changes in the running container", is: containersAre("update") },
  { what: "renewed", is: does("replace", "certificate") },
  {
    what: "generated",
    is: (change, arrival) => arrival !== "first" && does("create", "password", "authority")(change),
  },
  {
    what: "changes in the stack only",
    is: (change) => change.operation === "update" && !isOneOf(change, ...CONTAINERS, "settings"),
  },
];

const isOneOf = (change: Change, ...kinds: readonly Change["kind"][]): boolean => kinds.includes(change.kind);

/** Places at which the same is wrong. */
export interface ViolationGroup {
  readonly rule: string;
  /** What the places are, such as `container`; empty where a violation names no place. */
  readonly kind: string;
  readonly names: readonly string[];
  readonly what: string;
}

/** A violation reads `KIND NAME: what is wrong`; pure. */
export function violationGroups(violations: readonly Violation[]): readonly ViolationGroup[] {
  const groups = new Map<string, ViolationGroup & { names: string[] }>();
  for (const { rule, text } of violations) {
    const [, kind = "", name, what = text] = /^([\w-]+) (\S+): (.*)$/s.exec(text) ?? [];
    const key = JSON.stringify([rule, kind, what]);
    const group = groups.get(key) ?? { rule, kind, names: [], what };
    if (name !== undefined) {
      group.names.push(name);
    }
    groups.set(key, group);
  }
  return [...groups.values()];
}
