import { code } from "./markdown";
import type { Change, Preview } from "./model";

/** Something that cannot be taken back, so a person has to want it. */
export interface Decision {
  /** Short, such as `A network is deleted`. */
  readonly what: string;
  readonly names: readonly string[];
  /** Sentences of this program's own, as Markdown; may be empty. */
  readonly why: string;
}

/** The gravest first; pure. */
export function decisions({ changes }: Preview): readonly Decision[] {
  const those = (operation: Change["operation"], kind: Change["kind"]) =>
    changes.filter((change) => change.operation === operation && change.kind === kind);
  const deleted = those("delete", "data volume");
  const withFate = (fate: Change["fate"]) => deleted.filter((change) => change.fate === fate);
  const ended = those("delete", "deployment");
  /** Without what goes because its whole deployment goes. */
  const lasting = (found: readonly Change[]) =>
    found.filter(({ deployment }) => !ended.some(({ name }) => name === deployment));

  return [
    decision(withFate("gone"), ["A volume with data is deleted", "Volumes with data are deleted"], whatIsLeft(changes)),
    decision(
      those("replace", "data volume"),
      ["A volume with data is replaced", "Volumes with data are replaced"],
      because(those("replace", "data volume"), "What is on it is lost."),
    ),
    decision(
      [...withFate("protected"), ...those("delete", "Sentinel's volume").filter(({ fate }) => fate === "protected")],
      ["A protected volume would be deleted", "Protected volumes would be deleted"],
      "Pulumi refuses to. If you mean it: `npm run -s pulumi -- state unprotect`, once for each.",
    ),
    decision(
      withFate("kept"),
      ["A volume with data leaves the stack", "Volumes with data leave the stack"],
      "The data stays on the engine.",
    ),
    decision(ended, ["A deployment is removed", "Deployments are removed"]),
    decision(lasting(those("delete", "network")), ["A network is deleted", "Networks are deleted"]),
    decision(
      those("replace", "network"),
      ["A network is replaced", "Networks are replaced"],
      because(those("replace", "network"), "All containers on it go down for that."),
    ),
    decision(
      lasting(those("delete", "password")),
      ["A password stops working", "Passwords stop working"],
      "Whoever still logs in with it is refused.",
    ),
    decision(
      those("replace", "password"),
      ["A password is made anew", "Passwords are made anew"],
      because(those("replace", "password"), "The one of now stops working at once."),
    ),
    decision(
      lasting([...those("delete", "authority"), ...those("replace", "authority")]),
      ["An authority ends", "Authorities end"],
      "Whoever trusts no other one can no longer connect.",
    ),
  ].flat();
}

function decision(found: readonly Change[], [one, several]: readonly [string, string], why = ""): readonly Decision[] {
  return found.length === 0
    ? []
    : [{ what: found.length === 1 ? one : several, names: found.map(({ name }) => name), why }];
}

const because = (found: readonly Change[], consequence: string): string =>
  `${consequence} Because of ${[...new Set(found.flatMap(({ causes }) => causes))].slice(0, 12).map(code).join(", ")}.`;

/** Where the same data still is. */
function whatIsLeft(changes: readonly Change[]): string {
  return changes.some(({ operation, kind }) => operation === "delete" && kind === "deployment")
    ? "No copy stays, but for backups of yours."
    : "The members that stay keep theirs.";
}
