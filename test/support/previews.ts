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

/** One step of a preview that the tests make up: what happens, and to whom; `types` are those of the ancestors and its own. */
export interface MadeUpStep {
  readonly op: string;
  readonly types: string;
  readonly name: string;
  /** Name of the deployment that it is in, or is. */
  readonly deployment?: string;
  /** Further properties of what Pulumi says of the step. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Further properties of the state from before. */
  readonly old?: Readonly<Record<string, unknown>>;
}

/** What Pulumi would print of these steps; it counts as many as there are unless it is told otherwise. */
export function madeUpPreview(steps: readonly MadeUpStep[], counted?: Readonly<Record<string, number>>): string {
  const urn = (types: string, name: string): string => `urn:pulumi:dev::redis-on-docker::${types}::${name}`;
  const events = steps.map(({ op, types, name, deployment, metadata, old }) => {
    const parent = deployment === undefined ? "" : urn("redis-on-docker:index:RedisDeployment", deployment);
    return { resourcePreEvent: { metadata: { op, urn: urn(types, name), old: { parent, ...old }, ...metadata } } };
  });
  const ops = steps.map(({ op }) => op);
  const resourceChanges = counted ?? Object.fromEntries(ops.map((op) => [op, ops.filter((one) => one === op).length]));
  return [...events, { summaryEvent: { resourceChanges, result: "succeeded" } }]
    .map((event) => JSON.stringify(event))
    .join("\n");
}

export const VOLUME_OF_REPLICA =
  "redis-on-docker:index:RedisDeployment$redis-on-docker:index:RedisReplica$docker:index/volume:Volume";
export const CONTAINER_OF_REPLICA = VOLUME_OF_REPLICA.replace("volume:Volume", "container:Container");

/** As it lies in the folder: one event a line. */
export interface StoredPreview extends Omit<PreviewRun, "stdout"> {
  readonly events: readonly unknown[];
}

export function storedText({ events, ...run }: StoredPreview): string {
  const head = JSON.stringify(run).slice(0, -1);
  return `${head},"events":[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]}\n`;
}
