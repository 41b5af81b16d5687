import { DEPLOYMENTS_DESCRIPTION, DEPLOYMENTS_KEY, type SettingName } from "../config/schema";
import { settingChanges } from "../config/settingChanges";
import { allowedText, settingsJsonSchema } from "../config/settings";

/** The tables of the settings in the documentation, from the schema. */

/** The settings that most deployments change; the README shows these, `docs/settings.md` all. */
export const MOST_USED: readonly SettingName[] = [
  "topology",
  "name",
  "replicas",
  "redisPort",
  "sentinelPort",
  "bindAddress",
  "downAfterMs",
  "maxmemoryMb",
  "memoryLimitMb",
  "appendonly",
  "minReplicasToWrite",
  "dataVolumes",
];

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly description: string;
  readonly allowed: string;
  readonly change: string;
}

/** Every setting, in the schema's order. */
export function settingRows(): readonly Row[] {
  const rows = Object.entries(settingsJsonSchema.properties ?? {}).map(([name, schema]) => ({
    name,
    fallback: defaultText(schema.default),
    description: schema.description ?? "",
    allowed: allowedText(schema),
    change: settingChanges[name as SettingName],
  }));
  const several = { fallback: "none", description: DEPLOYMENTS_DESCRIPTION, allowed: "name -> settings", change: "" };
  return [...rows, { name: DEPLOYMENTS_KEY, ...several }];
}

/** The README's table: the most used settings, with what they mean. */
export function shortTable(): string {
  const rows = settingRows().filter(({ name }) => MOST_USED.some((used) => used === name));
  return markdownTable(
    ["setting", "default", "what it is"],
    rows.map(({ name, fallback, description }) => [code(name), fallback, description]),
  );
}

/** All settings, with what they accept. */
export function fullTable(): string {
  return markdownTable(
    ["setting", "default", "what it is", "allowed", "a change is"],
    settingRows().map(({ name, fallback, description, allowed, change }) => [
      code(name),
      fallback,
      description,
      allowed,
      change,
    ]),
  );
}

function defaultText(value: unknown): string {
  const isNothing = value === "" || (Array.isArray(value) && value.length === 0);
  return isNothing ? "none" : code(String(value));
}

const code = (text: string): string => `\`${text}\``;

/** A bar inside a cell would end it. */
const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);

/** Columns as wide as their widest cell, as the formatter writes them. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows].map((row) => row.map(cell));
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = all.map(line);
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}
