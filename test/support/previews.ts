import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PreviewRun } from "../../ops/preview/read";

/** Previews that were made on a real engine by `tools/capturePreviews.ts`, and the Markdown that is right for each. */
export const previewFolder = join(__dirname, "..", "unit", "fixtures", "previews");

export const previewNames = (): readonly string[] =>
  readdirSync(previewFolder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));

/** A preview as Pulumi printed it, but for what was left out. */
export function storedPreview(name: string): PreviewRun {
  const stored = JSON.parse(readFileSync(join(previewFolder, `${name}.json`), "utf8")) as StoredPreview;
  const { events, ...run } = stored;
  return { ...run, stdout: events.map((event) => JSON.stringify(event)).join("\n") };
}

/** As it lies in the folder: one event a line. */
export interface StoredPreview extends Omit<PreviewRun, "stdout"> {
  readonly events: readonly unknown[];
}

export function storedText({ events, ...run }: StoredPreview): string {
  const head = JSON.stringify(run).slice(0, -1);
  return `${head},"events":[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]}\n`;
}
