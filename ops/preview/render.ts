import { shortStackName } from "../words";
import { decisions, type Decision } from "./decisions";
import { groupsOf, violationGroups, type Group, type ViolationGroup } from "./groups";
import { expectations, type Expectation } from "./interruption";
import { box, code, details, table, text } from "./markdown";
import type { Operation, Preview } from "./model";

/** GitHub refuses a comment that is longer. */
export const COMMENT_LIMIT = 65_536;

/** One that is cut cannot be used. */
const URN_LENGTH = 1000;

/** How many entries a list may have; the first that makes the whole short enough is taken. */
const LIST_LIMITS = [500, 200, 100, 50, 25, 10, 5, 2, 1];

/**
 * What a pull request is told about a preview, as Markdown; pure.
 *
 * It names resources, and properties by their paths. No value of a property is in it: a preview knows the whole state.
 *
 * @param hide what takes secrets out of each text from outside. The stack's name is no secret.
 */
export function renderPreview(preview: Preview, hide: (text: string) => string = (text) => text): string {
  const findings: Findings = {
    decisions: decisions(preview),
    expectations: expectations(preview),
    groups: groupsOf(preview.changes),
    mandatory: violationGroups(preview.violations.filter(({ mandatory }) => mandatory)),
    advisory: violationGroups(preview.violations.filter(({ mandatory }) => !mandatory)),
  };
  let comment = "";
  for (const limit of LIST_LIMITS) {
    comment = new Comment(preview, findings, limit, hide).render();
    if (comment.length < COMMENT_LIMIT) {
      break;
    }
  }
  return comment;
}

/** The first line, by which a comment of the same stack is found again, and which nobody sees. */
export const marker = (stack: string): string =>
  `<!-- redis-on-docker: preview of ${shortStackName(stack).replaceAll(/[^\w.-]/g, "_")} -->`;

const OPERATION_WORDS: Readonly<Record<Operation, string>> = {
  delete: "to delete",
  replace: "to replace",
  update: "to change",
  create: "to create",
};
const OPERATIONS = Object.keys(OPERATION_WORDS) as Operation[];

/** What follows from a preview, however much of it is shown. */
interface Findings {
  readonly decisions: readonly Decision[];
  readonly expectations: readonly Expectation[];
  readonly groups: readonly Group[];
  readonly mandatory: readonly ViolationGroup[];
  readonly advisory: readonly ViolationGroup[];
}

class Comment {
  constructor(
    private readonly preview: Preview,
    private readonly findings: Findings,
    private readonly limit: number,
    private readonly hide: (text: string) => string,
  ) {}

  render(): string {
    const { preview } = this;
    const sections = [
      marker(preview.stack),
      `## Preview of ${code(preview.stack)}${preview.failed ? " failed" : ""}`,
      this.counts(),
      this.doubts(),
      this.errors(),
      this.decisions(),
      this.list("Policies that are violated", this.findings.mandatory, (one) => this.violation(one)),
      ...this.expectations(),
      this.whatHappens(),
      this.list("Policies that advise otherwise", this.findings.advisory, (one) => this.violation(one)),
      this.list("Warnings", preview.warnings, (warning) => this.text(warning)),
      this.everyChange(),
      this.footnote(),
    ];
    return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
  }

  /** It ended early, and what it says of changes is not all. */
  private get partial(): boolean {
    return this.preview.failed && this.preview.errors.length > 0;
  }

  /** It ended before the program declared anything: all it saw is the stack itself. */
  private get sawNothing(): boolean {
    return this.partial && this.preview.changes.every(({ type }) => type === "Stack");
  }

  private counts(): string {
    const { counts, changes, doubts } = this.preview;
    const nonZero = OPERATIONS.filter((operation) => counts[operation] > 0);
    const others = changes.filter(({ operation }) => operation === "other").length;
    if (this.sawNothing) {
      return "";
    }
    if (nonZero.length === 0 && others === 0) {
      return doubts.length > 0 ? "" : `**No changes.** ${counts.same} resources stay as they are.`;
    }
    const parts = [
      ...nonZero.map((operation) => `**${counts[operation]} ${OPERATION_WORDS[operation]}**`),
      ...(others > 0 ? [`**${others} other ${others === 1 ? "step" : "steps"}**`] : []),
    ];
    const same = counts.same > 0 ? [`${counts.same} unchanged`] : [];
    return `${[...parts, ...same].join(" · ")}${this.partial ? " (as far as the preview got)" : ""}`;
  }

  private doubts(): string {
    const { doubts } = this.preview;
    return doubts.length === 0
      ? ""
      : box(
          "CAUTION",
          [
            `**This preview may leave something out.** Look at \`${this.command()} --diff\` before you decide.`,
            "",
            ...doubts.slice(0, this.limit).map((doubt) => `- ${this.text(doubt)}`),
            ...this.leftOut(doubts.length, "reasons"),
          ].join("\n"),
        );
  }

  private errors(): string {
    const { failed, errors, violations } = this.preview;
    if (!failed) {
      return "";
    }
    const mandatory = violations.some((violation) => violation.mandatory);
    if (errors.length === 0 && mandatory) {
      return box("CAUTION", "**The preview failed: a mandatory policy is violated.** Nothing was changed.");
    }
    const messages = errors.slice(0, this.limit).flatMap((error) => this.message(error));
    const lines = [
      "**The preview failed.** Nothing was changed.",
      "",
      ...messages,
      ...this.leftOut(errors.length, "messages"),
    ];
    return box(
      "CAUTION",
      lines
        .join("\n")
        .replaceAll(/\n{3,}/g, "\n\n")
        .trimEnd(),
    );
  }

  /** A message of several lines: its points stay points, and what goes on in the next line stays together. */
  private message(error: string): readonly string[] {
    const lines = error.split("\n").filter((line) => line.trim() !== "");
    const shown = lines.slice(0, this.limit).map((line) => {
      const [, point] = /^\s*- (.*)$/.exec(line) ?? [];
      return point === undefined ? ["", this.text(line), ""] : [`- ${this.text(point)}`];
    });
    return [...shown.flat(), ...this.leftOut(lines.length, "lines"), ""];
  }

  private decisions(): string {
    const all = this.findings.decisions;
    if (all.length === 0) {
      return "";
    }
    const lines = all
      .slice(0, this.limit)
      .map((one) => [`- **${one.what}: ${this.names(one.names)}.**`, ...this.reasons(one)].join(" "));
    return box("CAUTION", [...lines, ...this.leftOut(all.length, "points")].join("\n"));
  }

  private reasons({ why, because, urns }: Decision): readonly string[] {
    const causes =
      because === undefined
        ? []
        : [because.length > 0 ? `Because of ${this.names(because)}.` : "Pulumi names no property as the reason."];
    const way =
      urns === undefined
        ? []
        : [
            `If you mean it: \`npm run -s pulumi -- state unprotect 'URN' --stack ${this.stack()}\`, once for each URN: ${this.names(urns, URN_LENGTH)}.`,
          ];
    return [...(why === "" ? [] : [why]), ...causes, ...way];
  }

  private violation({ rule, kind, names, what }: ViolationGroup): string {
    return `**${this.code(rule)}**: ${names.length > 0 ? `${this.text(kind)} ${this.names(names)}: ` : ""}${this.text(what)}`;
  }

  private expectations(): readonly string[] {
    const all = this.findings.expectations;
    return [
      ...all.slice(0, this.limit).map((one) => this.expectation(one, all.length > 1)),
      this.leftOut(all.length, "deployments").join("\n").trim(),
    ];
  }

  private expectation({ deployment, order, interruption, grave, more }: Expectation, several: boolean): string {
    const whose = several ? ` of ${this.code(deployment)}` : "";
    const first = `**Interruption${whose}: ${interruption}.**${more === "" ? "" : ` ${capital(more)}.`}`;
    return [grave ? box("WARNING", first) : first, ...(order === undefined ? [] : [this.order(order)])].join("\n\n");
  }

  private order({ names, together, master }: NonNullable<Expectation["order"]>): string {
    if (together !== undefined) {
      return `All at once, since members of the old and of the new kind cannot be one group: ${this.names(names)}`;
    }
    const shown = names
      .slice(0, this.limit)
      .map((name) => (name === master ? `**${this.code(name)}** (the master now, hands over first)` : this.code(name)));
    const left = names.length > shown.length ? [`${names.length - shown.length} more`] : [];
    return `One at a time, each when all others are in sync: ${[...shown, ...left].join(" → ")}`;
  }

  private whatHappens(): string {
    const { groups } = this.findings;
    const rows = groups
      .slice(0, this.limit)
      .map(({ what, names, because, otherwise = "" }) => [
        what,
        this.names(names),
        because.length > 0 ? this.names(because) : otherwise,
      ]);
    return rows.length === 0
      ? ""
      : [table(["what happens", "which", "why"], rows), ...this.leftOut(groups.length, "rows")].join("\n");
  }

  private everyChange(): string {
    const { changes } = this.preview;
    if (changes.length === 0 || this.sawNothing) {
      return "";
    }
    const rows = changes
      .slice(0, this.limit)
      .map(({ operation, step, type, name, paths, causes }) => [
        operation === "other" ? this.code(step) : operation,
        this.code(type),
        this.code(name),
        this.names(paths.length > 0 ? paths : causes),
      ]);
    const summary = changes.length === 1 ? "The change" : `All ${changes.length} changes`;
    return details(
      summary,
      [table(["", "type", "name", "properties"], rows), ...this.leftOut(changes.length, "changes")].join("\n"),
    );
  }

  private footnote(): string {
    const { policyPacks } = this.preview;
    const policies =
      policyPacks.length === 0 ? "No policies were checked. " : this.partial ? "" : "The policies were checked. ";
    return `<sub>${policies}Properties are named by their paths, values are not shown; to see them: \`${this.command()} --diff\`</sub>`;
  }

  private list<T>(heading: string, entries: readonly T[], line: (entry: T) => string): string {
    const lines = entries.slice(0, this.limit).map((entry) => `- ${line(entry)}`);
    return lines.length === 0
      ? ""
      : [`### ${heading}`, "", ...lines, ...this.leftOut(entries.length, "entries")].join("\n");
  }

  private code(name: string, length?: number): string {
    return code(this.hide(name), length);
  }

  private text(sentence: string): string {
    return text(this.hide(sentence));
  }

  private names(names: readonly string[], length?: number): string {
    const most = Math.min(this.limit, 12);
    const shown = names
      .slice(0, most)
      .map((name) => this.code(name, length))
      .join(", ");
    return names.length > most ? `${shown} and ${names.length - most} more` : shown;
  }

  private leftOut(count: number, what: string): readonly string[] {
    const left = count - this.limit;
    return left <= 0
      ? []
      : [
          "",
          `${left} more ${what} are left out, since a comment has no room for them; to see all: \`${this.command()} --diff\``,
        ];
  }

  private command(): string {
    return `npm run preview -- ${this.stack()}`;
  }

  private stack(): string {
    return shortStackName(this.preview.stack).replaceAll(/[^\w.-]/g, "_");
  }
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);
