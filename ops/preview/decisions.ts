import type { Change, Preview } from "./model";

/** Something that cannot be taken back, so a person has to want it. */
export interface Decision {
  /** Short, such as `A network is deleted`. */
  readonly what: string;
  readonly names: readonly string[];
  /** Sentences of this program's own, as Markdown; may be empty. */
  readonly why: string;
  /** Of a replacement: the properties that make it necessary. */
  readonly because?: readonly string[];
  /** What has to be unprotected, if a person means it. */
  readonly urns?: readonly string[];
}

/** The gravest first; pure. */
export function decisions({ changes }: Preview): readonly Decision[] {
  const those = (operation: Change["operation"], kind: Change["kind"]) =>
    changes.filter((change) => change.operation === operation && change.kind === kind);
  const ended = those("delete", "deployment");
  /** Whether it goes because its whole deployment goes. */
  const isEnding = ({ deployment }: Change) => ended.some(({ name }) => name === deployment);
  const ending = (found: readonly Change[]) => found.filter(isEnding);
  const lasting = (found: readonly Change[]) => found.filter((change) => !isEnding(change));

  const data = (operation: Change["operation"], fate: Change["fate"]) =>
    those(operation, "data volume").filter((change) => change.fate === fate);
  const ofProtected = (operation: Change["operation"]) => [
    ...data(operation, "protected"),
    ...those(operation, "Sentinel's volume").filter(({ fate }) => fate === "protected"),
  ];

  return [
    decision(ending(data("delete", "gone")), DELETED, "No copy stays, but for backups of yours."),
    decision(lasting(data("delete", "gone")), DELETED, "The members that stay keep theirs."),
    replacement(data("replace", "gone"), REPLACED, "What is on it is lost."),
    decision(
      those("other", "data volume"),
      ["Something else happens to a volume with data", "Something else happens to volumes with data"],
      "This preview has no word for it: look at the plain one, and at what becomes of the data.",
    ),
    unprotection(ofProtected("delete"), ["A protected volume would be deleted", "Protected volumes would be deleted"]),
    unprotection(ofProtected("replace"), [
      "A protected volume would be replaced",
      "Protected volumes would be replaced",
    ]),
    decision(
      data("delete", "kept"),
      ["A volume with data leaves the stack", "Volumes with data leave the stack"],
      "The data stays on the engine.",
    ),
    replacement(data("replace", "kept"), REPLACED, "The one of now stays on the engine, and leaves the stack."),
    decision(ended, ["A deployment is removed", "Deployments are removed"]),
    decision(lasting(those("delete", "network")), ["A network is deleted", "Networks are deleted"]),
    replacement(
      those("replace", "network"),
      ["A network is replaced", "Networks are replaced"],
      "All containers on it go down for that.",
    ),
    decision(
      lasting(those("delete", "password")),
      ["A password stops working", "Passwords stop working"],
      "Whoever still logs in with it is refused.",
    ),
    replacement(
      those("replace", "password"),
      ["A password is made anew", "Passwords are made anew"],
      "The one of now stops working at once.",
    ),
    decision(
      lasting([...those("delete", "authority"), ...those("replace", "authority")]),
      ["An authority ends", "Authorities end"],
      "Whoever trusts no other one can no longer connect.",
    ),
  ].flat();
}

type Heading = readonly [one: string, several: string];

const DELETED: Heading = ["A volume with data is deleted", "Volumes with data are deleted"];
const REPLACED: Heading = ["A volume with data is replaced", "Volumes with data are replaced"];

function decision(found: readonly Change[], [one, several]: Heading, why = ""): readonly Decision[] {
  return found.length === 0
    ? []
    : [{ what: found.length === 1 ? one : several, names: found.map(({ name }) => name), why }];
}

const replacement = (found: readonly Change[], heading: Heading, why: string): readonly Decision[] =>
  decision(found, heading, why).map((one) => ({
    ...one,
    because: [...new Set(found.flatMap(({ causes }) => causes))],
  }));

const unprotection = (found: readonly Change[], heading: Heading): readonly Decision[] =>
  decision(found, heading, "Pulumi refuses to.").map((one) => ({ ...one, urns: found.map(({ urn }) => urn) }));
