import { z } from "zod";

/**
 * What Pulumi's engine says during a preview, as far as it is read: `pulumi preview --json` with `STREAMED` in the
 * environment, one event a line. The document that `--json` prints otherwise leaves out what the policies say.
 */
export const STREAMED = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" } as const;

const stateSchema = z.object({
  parent: z.string().nullish(),
  protect: z.boolean().nullish(),
  retainOnDelete: z.boolean().nullish(),
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

/** One event of those that are read. */
export type PreviewEvent = z.output<typeof eventSchema>;
export type StepMetadata = NonNullable<PreviewEvent["resourcePreEvent"]>["metadata"];
export type StepState = z.output<typeof stateSchema>;

/** What `pulumi preview --json` printed, as far as it was understood. */
export interface ParsedEvents {
  readonly events: readonly PreviewEvent[];
  /** How many events of those that are read could not be read. */
  readonly unread: number;
}

/**
 * Reads what `pulumi preview --json` printed.
 *
 * What is no event (a line that a plugin printed, the rest of a run that was killed) is left out. So is everything that
 * Pulumi says to those who look for its faults, since that has secrets in it.
 */
export function parseEvents(printed: string): ParsedEvents {
  const given = printed.split("\n").map(jsonOf).filter(isRead);
  const events = given.flatMap((event) => eventSchema.safeParse(event).data ?? []);
  return {
    events: events.filter(({ diagnosticEvent }) => diagnosticEvent?.severity !== "debug"),
    unread: given.length - events.length,
  };
}

const isRead = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(eventSchema.shape).some((name) => name in value);

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
