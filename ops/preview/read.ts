import { isSecretsVolume } from "../../config/plan";
import { pulumiReason } from "../stack";
import { parseEvents, type PreviewEvent, type StepMetadata, type StepState } from "./events";
import type { Change, Operation, Preview, ResourceKind, Said, Violation } from "./model";
import { changedPaths } from "./paths";
import { changingSteps, doubtsAbout } from "./steps";

/** How a preview ended, and what it printed. */
export interface PreviewRun {
  readonly stack: string;
  /** Where it ran; a message that names a file does not tell where that folder is. */
  readonly folder?: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What a run of `pulumi preview` found out; pure.
 *
 * One that does not end with a summary has failed, whatever its exit code is: what was not read must not look like no change.
 */
export function previewFrom({ stack, folder, exitCode, stdout, stderr }: PreviewRun): Preview {
  const local = (printed: string): string =>
    folder === undefined ? printed : printed.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
  const { events, unread } = parseEvents(local(stdout));
  const steps = events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent === undefined ? [] : [resourcePreEvent.metadata],
  );
  const family = new Family(steps);
  const summary = events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
  const failed = exitCode !== 0 || summary === undefined || summary.result === "failed";
  const changes = inOrder(changingSteps(steps).map((step) => changeOf(step, family)));
  const said = events.flatMap(({ diagnosticEvent: one }) => (one === undefined || one.ephemeral ? [] : [one]));
  const errors = said.filter(({ severity }) => severity === "error").map(({ message }) => readable(message));
  const violations = events
    .flatMap(({ policyEvent }) => (policyEvent === undefined ? [] : violationsOf(policyEvent)))
    .sort((a, b) => a.rule.localeCompare(b.rule) || naturally(a.text, b.text));
  const why = failed ? reasons(errors, local(stderr)) : errors;
  const violated = summary !== undefined && violations.some(({ mandatory }) => mandatory);
  return {
    stack,
    failed,
    counts: countsOf(summary?.resourceChanges ?? {}, changes),
    changes,
    errors: exitCode === 0 && summary === undefined ? [UNREADABLE, ...why] : violated || !failed ? why : orUnknown(why),
    // Of one that failed nobody expects that it tells all.
    doubts: failed && !violated ? [] : doubtsAbout(changes, summary.resourceChanges ?? {}, unread),
    warnings: unique(said.filter(({ severity }) => severity === "warning").map(({ message }) => readable(message))),
    notes: said
      .filter(({ severity, message }) => severity === "info" && message.trim() !== "")
      .map(({ message, urn }): Said => ({ text: readable(message), deployment: family.deploymentOf(urn) })),
    violations,
    policyPacks: Object.keys(summary?.PolicyPacks ?? {}).map((name) => name.split("|")[0]!),
    topologies: topologiesOf(steps, family),
  };
}

const OPERATIONS: readonly string[] = ["delete", "replace", "update", "create"] satisfies Operation[];
const isOperation = (op: string): op is Operation => OPERATIONS.includes(op);

function changeOf(step: StepMetadata, family: Family): Change {
  const { op, urn, old } = step;
  const { types, name } = partsOf(urn);
  const { paths, causes } = changedPaths(step);
  return {
    operation: isOperation(op) ? op : "other",
    step: op,
    urn,
    kind: kindOf(types, name),
    type: shortType(types.at(-1)!),
    name,
    deployment: family.deploymentOf(urn),
    paths,
    causes: op === "replace" ? causes : [],
    fate: op === "delete" || op === "replace" ? fateOf(old) : "gone",
  };
}

/** Pulumi looks at resources side by side, so the order in which it says something differs from run to run. */
const inOrder = (changes: readonly Change[]): readonly Change[] =>
  [...changes].sort(
    (a, b) =>
      OPERATIONS.indexOf(a.operation) - OPERATIONS.indexOf(b.operation) ||
      a.step.localeCompare(b.step) ||
      a.type.localeCompare(b.type) ||
      naturally(a.name, b.name),
  );
const naturally = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

const fateOf = (old: StepState | null | undefined): Change["fate"] =>
  old?.protect === true ? "protected" : old?.retainOnDelete === true ? "kept" : "gone";

/** The types of a resource and its ancestors, and its name: `urn:pulumi:STACK::PROJECT::TYPE$TYPE::NAME`. */
function partsOf(urn: string): { types: readonly string[]; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { types: types.split("$"), name: name.join("::") };
}

const shortType = (type: string): string => type.split(":").at(-1)!;

const KINDS: Readonly<Record<string, ResourceKind>> = {
  RedisDeployment: "deployment",
  GroupSettings: "settings",
  Network: "network",
  RemoteImage: "image",
  RandomPassword: "password",
  SelfSignedCert: "authority",
  LocallySignedCert: "certificate",
};

function kindOf(types: readonly string[], name: string): ResourceKind {
  const chain = types.map(shortType);
  const type = chain.at(-1)!;
  const ofSentinel = chain.includes("SentinelGroup");
  if (type === "Volume") {
    return isSecretsVolume(name) ? "secrets volume" : ofSentinel ? "Sentinel's volume" : "data volume";
  }
  if (type === "Container") {
    const ofNode = chain.includes("RedisMaster") || chain.includes("RedisReplica");
    return ofNode ? "data container" : ofSentinel ? "Sentinel" : "container";
  }
  return KINDS[type] ?? "other";
}

/** Who is whose child, as far as the steps tell. */
class Family {
  private readonly parents: ReadonlyMap<string, string>;

  constructor(steps: readonly StepMetadata[]) {
    this.parents = new Map(steps.map(({ urn, old, new: next }) => [urn, (next ?? old)?.parent ?? ""]));
  }

  /** Name of the deployment that a resource is, or is in; empty when it is in none. */
  deploymentOf(urn: string): string {
    const seen = new Set<string>();
    for (let one = urn; one !== "" && !seen.has(one); one = this.parents.get(one) ?? "") {
      seen.add(one);
      const { types, name } = partsOf(one);
      // The base of a deployment has its name, too; it is asked when the deployment itself is in no step.
      if (["RedisDeployment", "RedisBase"].includes(shortType(types.at(-1)!))) {
        return name;
      }
    }
    return "";
  }
}

function countsOf(told: Readonly<Record<string, number>>, changes: readonly Change[]): Preview["counts"] {
  const of = (operation: Operation): number =>
    told[operation] ?? changes.filter((change) => change.operation === operation).length;
  return {
    create: of("create"),
    update: of("update"),
    replace: of("replace"),
    delete: of("delete"),
    same: told.same ?? 0,
  };
}

function topologiesOf(steps: readonly StepMetadata[], family: Family): Preview["topologies"] {
  const told = steps.flatMap(({ urn, old, new: next }) => {
    const topology = (next ?? old)?.inputs?.topology;
    return kindOf(partsOf(urn).types, "") === "settings" && typeof topology === "string"
      ? [[family.deploymentOf(urn), topology] as const]
      : [];
  });
  return Object.fromEntries(told);
}

/** The first line says what the rule is for, which `docs/policy.md` does, too; each of the others is one violation. */
function violationsOf({
  policyName,
  enforcementLevel,
  message,
}: NonNullable<PreviewEvent["policyEvent"]>): readonly Violation[] {
  const [rule, ...places] = readable(message).split("\n");
  const mandatory = enforcementLevel === "mandatory";
  return (places.length > 0 ? places : [rule!]).map((text) => ({ rule: policyName, mandatory, text }));
}

const UNREADABLE =
  "What Pulumi printed could not be read, since there is no summary in it: nobody can say what would change.";
const NO_REASON = "Pulumi gave no reason; the log of the run may have one.";
const orUnknown = (errors: readonly string[]): readonly string[] => (errors.length > 0 ? errors : [NO_REASON]);

/** Why a preview failed. Pulumi says `preview failed` after everything else, and by itself to stderr when it did not get far. */
function reasons(errors: readonly string[], stderr: string): readonly string[] {
  const telling = unique(errors.filter((error) => !/^(preview|update|destroy) failed$/.test(error)));
  return telling.length > 0 || errors.length > 0 || stderr.trim() === "" ? telling : [readable(pulumiReason(stderr))];
}

/** A message without colours, without the word in front of it, and without where in which file it came up. */
function readable(message: string): string {
  return (
    message
      .replaceAll(/<\{%[^%]*%\}>/g, "")
      // eslint-disable-next-line no-control-regex -- escape sequences are what is removed
      .replaceAll(/\x1b\[[\d;]*[A-Za-z]/g, "")
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => !/^\s+at .*[):\d]$|^\s*Node\.js v\d/.test(line))
      .join("\n")
      .replaceAll(
        /resource "urn:[^"]*::([^":]+)" cannot be deleted\s+because it is protected\.[\s\S]*?pulumi state unprotect[^\n]*/g,
        "$1 is protected, and cannot be deleted.",
      )
      .replace(/Running program '[^']*' failed with an unhandled exception:\s*/, "the program failed: ")
      .replace(/^(error|Preview failed): /, "")
      .trim()
  );
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
