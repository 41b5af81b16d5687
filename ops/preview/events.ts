import { z } from "zod";

/**
 * What Pulumi's engine says during a preview, as far as it is read: `pulumi preview --json` with `STREAMED` in the
 * environment, one event a line. The document that `--json` prints otherwise leaves out what the policies say.
 */
export const STREAMED = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" } as const;

const stateSchema = z.object({
  parent: z.string().default(""),
  protect: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  inputs: z.record(z.string(), z.unknown()).nullish(),
});

const eventSchema = z.object({
  resourcePreEvent: z
    .object({
      metadata: z.object({
        op: z.string(),
        urn: z.string(),
        old: stateSchema.nullish(),
        new: stateSchema.nullish(),
        /** Properties that make a new resource of it. */
        keys: z.array(z.string()).nullish(),
        /** Properties that change. */
        diffs: z.array(z.string()).nullish(),
        detailedDiff: z.record(z.string(), z.object({ diffKind: z.string() })).nullish(),
      }),
    })
    .optional(),
  diagnosticEvent: z
    .object({
      urn: z.string().default(""),
      message: z.string(),
      severity: z.string(),
      ephemeral: z.boolean().default(false),
    })
    .optional(),
  policyEvent: z
    .object({
      resourceUrn: z.string().default(""),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  summaryEvent: z
    .object({
      resourceChanges: z.record(z.string(), z.number()).nullish(),
      PolicyPacks: z.record(z.string(), z.string()).nullish(),
      result: z.string().optional(),
    })
    .optional(),
});

/** One event; of those that nobody reads nothing is left. */
export type PreviewEvent = z.output<typeof eventSchema>;
export type StepMetadata = NonNullable<PreviewEvent["resourcePreEvent"]>["metadata"];
export type StepState = z.output<typeof stateSchema>;

/**
 * Reads what `pulumi preview --json` printed.
 *
 * What is no event (a line that a plugin printed, the rest of a run that was killed) is left out. So is everything that
 * Pulumi says to those who look for its faults, since that has secrets in it.
 */
export function parseEvents(printed: string): readonly PreviewEvent[] {
  return printed.split("\n").flatMap((line) => {
    const parsed = eventSchema.safeParse(jsonOf(line));
    if (!parsed.success || parsed.data.diagnosticEvent?.severity === "debug") {
      return [];
    }
    return Object.keys(parsed.data).length > 0 ? [parsed.data] : [];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
